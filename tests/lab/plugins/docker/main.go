// Command pulumi-resource-docker stands in for the official Docker provider plugin, version 5.2.0, in the lab: it has
// the resources that wirework uses, with the official schema and semantics, and drives a real engine over its API.
package main

import (
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"wirework.invalid/lab/plugins/internal/provider"
)

const version = "5.2.0"

func main() {
	engine := &connection{}
	provider.Main(&provider.Plugin{
		Name:    "docker",
		Version: version,
		Schema:  []byte(`{"name":"docker","version":"` + version + `"}`),
		// Without AcceptSecrets the Pulumi engine itself keeps every output secret whose input of the same name is.
		Accepts: &rpc.ConfigureResponse{SupportsPreview: true},
		Resources: map[string]provider.Resource{
			"docker:index/container:Container":     &object{engine: engine, kind: containerKind},
			"docker:index/network:Network":         &object{engine: engine, kind: networkKind},
			"docker:index/remoteImage:RemoteImage": &object{engine: engine, kind: imageKind},
			"docker:index/volume:Volume":           &object{engine: engine, kind: volumeKind},
		},
		CheckConfig: checkConfig,
		DiffConfig:  diffConfig,
		Configure:   engine.configure,
	})
}
