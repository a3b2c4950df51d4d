package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"

	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/docker/client"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// connection is the one client that all resources of a provider share. An engine behind ssh:// is dialled at the first
// call that needs it, never by a preview; one at any other address must answer as soon as the provider is configured.
type connection struct {
	config config
	mutex  sync.Mutex
	api    *client.Client
}

func (c *connection) configure(ctx context.Context, props resource.PropertyMap) error {
	config, err := parseConfig(props)
	if err != nil {
		return err
	}
	c.config = config
	if strings.HasPrefix(config.host, "ssh://") {
		return nil
	}
	if _, err := c.client(ctx); err != nil {
		return fmt.Errorf("docker provider: Configure: failed to connect to any docker daemon: %w", err)
	}
	return nil
}

func (c *connection) client(ctx context.Context) (*client.Client, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.api != nil {
		return c.api, nil
	}
	options, err := c.config.options()
	if err != nil {
		return nil, fmt.Errorf("failed to create Docker client: %w", err)
	}
	api, err := client.NewClientWithOpts(append(options, client.WithAPIVersionNegotiation())...)
	if err != nil {
		return nil, fmt.Errorf("failed to create Docker client: %w", err)
	}
	if !c.config.skipDaemonCheck {
		if _, err := api.Ping(ctx); err != nil {
			return nil, fmt.Errorf("failed to create Docker client: error pinging Docker server, please make sure "+
				"that %s is reachable and has a '_ping' endpoint: %w", c.config.host, err)
		}
	}
	c.api = api
	return api, nil
}

func (c config) options() ([]client.Opt, error) {
	switch {
	case c.cert != "" || c.key != "":
		if c.cert == "" || c.key == "" {
			return nil, errors.New("certMaterial and keyMaterial must both be given")
		}
		if c.certPath != "" {
			return nil, errors.New("certPath must not be given beside certMaterial and keyMaterial")
		}
		web, err := c.tlsClient()
		if err != nil {
			return nil, err
		}
		return []client.Opt{client.WithHTTPClient(web), client.WithHost(c.host)}, nil
	case c.certPath != "":
		file := func(name string) string { return filepath.Join(c.certPath, name) }
		return []client.Opt{
			client.WithHost(c.host), client.WithTLSClientConfig(file("ca.pem"), file("cert.pem"), file("key.pem")),
		}, nil
	case strings.HasPrefix(c.host, "ssh://"):
		helper, err := connhelper.GetConnectionHelperWithSSHOpts(c.host, c.sshOpts)
		if err != nil {
			return nil, err
		}
		return []client.Opt{client.WithHost(helper.Host), client.WithDialContext(helper.Dialer)}, nil
	default:
		return []client.Opt{client.WithHost(c.host)}, nil
	}
}

func (c config) tlsClient() (*http.Client, error) {
	pair, err := tls.X509KeyPair([]byte(c.cert), []byte(c.key))
	if err != nil {
		return nil, err
	}
	settings := &tls.Config{Certificates: []tls.Certificate{pair}}
	if c.ca == "" {
		settings.InsecureSkipVerify = true // What the official provider does without a CA.
	} else {
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM([]byte(c.ca)) {
			return nil, errors.New("caMaterial holds no certificate in PEM form")
		}
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: settings}}, nil
}
