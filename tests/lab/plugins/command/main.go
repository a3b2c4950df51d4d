// The lab's stand-in for the official command plugin 1.2.1: command:remote:Command with the semantics of the original,
// stated one by one in tests/lab/conformance/command.test.ts.
package main

import (
	_ "embed"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"wirework.invalid/lab/plugins/internal/provider"
)

//go:embed schema.json
var schema []byte

func main() {
	provider.Main(&provider.Plugin{
		Name:      "command",
		Version:   "1.2.1",
		Schema:    schema,
		Resources: map[string]provider.Resource{"command:remote:Command": remoteCommand{}},
		Accepts:   &rpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, AcceptResources: true},
	})
}
