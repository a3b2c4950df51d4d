// The plugin host looks for the components here; `lib` is not among the folders that it tries.
export * from "./lib";
