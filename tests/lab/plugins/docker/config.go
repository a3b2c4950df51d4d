package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"wirework.invalid/lab/plugins/internal/provider"
)

// config says how the engine is reached.
type config struct {
	host            string
	sshOpts         []string
	ca, cert, key   string
	certPath        string
	skipDaemonCheck bool
}

// configKeys are all keys that the official provider takes. context and registryAuth are taken and not used: the lab
// has neither Docker contexts nor a registry that asks for a login.
var configKeys = map[resource.PropertyKey]bool{
	"caMaterial": true, "certMaterial": true, "certPath": true, "context": true, "disableDockerDaemonCheck": true,
	"host": true, "keyMaterial": true, "registryAuth": true, "sshOpts": true,
	"version": true, "pluginDownloadURL": true,
}

func checkConfig(news resource.PropertyMap) (resource.PropertyMap, []provider.Failure, error) {
	var failures []provider.Failure
	for key := range news {
		if !configKeys[key] && !strings.HasPrefix(string(key), "__") {
			failures = append(failures, provider.Failure{
				Property: string(key),
				Reason:   fmt.Sprintf("`docker:%s` is not a valid configuration key for the docker provider", key),
			})
		}
	}
	return news, failures, nil
}

// diffConfig: no change of the configuration replaces the provider, nor anything that was made with it.
func diffConfig(olds, news resource.PropertyMap) (*rpc.DiffResponse, error) {
	response := &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE}
	if diff := olds.DiffIncludeUnknowns(news); diff != nil {
		response.Changes = rpc.DiffResponse_DIFF_SOME
		for _, key := range diff.ChangedKeys() {
			response.Diffs = append(response.Diffs, string(key))
		}
	}
	return response, nil
}

func parseConfig(props resource.PropertyMap) (config, error) {
	text := func(key resource.PropertyKey, variable, otherwise string) string {
		if value := props[key]; value.IsString() && value.StringValue() != "" {
			return value.StringValue()
		}
		if value := os.Getenv(variable); value != "" {
			return value
		}
		return otherwise
	}
	c := config{
		host:     text("host", "DOCKER_HOST", "unix:///var/run/docker.sock"),
		ca:       text("caMaterial", "DOCKER_CA_MATERIAL", ""),
		cert:     text("certMaterial", "DOCKER_CERT_MATERIAL", ""),
		key:      text("keyMaterial", "DOCKER_KEY_MATERIAL", ""),
		certPath: text("certPath", "DOCKER_CERT_PATH", ""),
		sshOpts:  strings.Fields(os.Getenv("DOCKER_SSH_OPTS")),
	}
	// Configuration that is not text arrives as JSON in a string.
	if value := text("sshOpts", "", ""); value != "" {
		if err := json.Unmarshal([]byte(value), &c.sshOpts); err != nil {
			return c, fmt.Errorf("sshOpts: expected a JSON list of strings, got %q: %w", value, err)
		}
	}
	if value := text("disableDockerDaemonCheck", "", ""); value != "" {
		if err := json.Unmarshal([]byte(value), &c.skipDaemonCheck); err != nil {
			return c, fmt.Errorf("disableDockerDaemonCheck: expected true or false, got %q: %w", value, err)
		}
	}
	return c, nil
}
