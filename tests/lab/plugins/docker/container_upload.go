package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// uploadFiles puts files into a container before it starts.
func uploadFiles(ctx context.Context, api *client.Client, id string, uploads []values) error {
	for _, upload := range uploads {
		archive, err := uploadArchive(upload)
		if err != nil {
			return err
		}
		if err := api.CopyToContainer(ctx, id, "/", archive, container.CopyToContainerOptions{}); err != nil {
			return fmt.Errorf("unable to upload volume content: %w", err)
		}
	}
	return nil
}

func uploadArchive(upload values) (*bytes.Buffer, error) {
	content, err := uploadContent(upload)
	if err != nil {
		return nil, err
	}
	header := &tar.Header{
		Name: upload.text("file"), Mode: 0o644, Size: int64(len(content)), ModTime: time.Now(),
		Uname: upload.text("owner"), Gname: upload.text("group"),
	}
	if upload.yes("executable") {
		header.Mode = 0o744
	}
	if permissions := upload.text("permissions"); permissions != "" {
		if header.Mode, err = strconv.ParseInt(permissions, 8, 32); err != nil {
			return nil, fmt.Errorf("error parsing permission: %w", err)
		}
	}
	archive := &bytes.Buffer{}
	writer := tar.NewWriter(archive)
	if err := writer.WriteHeader(header); err != nil {
		return nil, fmt.Errorf("error creating tar archive: %w", err)
	}
	if _, err := writer.Write(content); err != nil {
		return nil, fmt.Errorf("error creating tar archive: %w", err)
	}
	return archive, writer.Close()
}

func uploadContent(upload values) ([]byte, error) {
	given := 0
	for _, has := range []bool{upload.has("content"), upload.has("contentBase64"), upload.has("source")} {
		if has {
			given++
		}
	}
	switch {
	case given == 0:
		return nil, errors.New("error with upload content: one of 'content', 'content_base64', or 'source' must be set")
	case given > 1:
		return nil, errors.New("error with upload content: only one of 'content', 'content_base64', or 'source' can be set")
	case upload.has("content"):
		return []byte(upload.text("content")), nil
	case upload.has("contentBase64"):
		return base64.StdEncoding.DecodeString(upload.text("contentBase64"))
	default:
		content, err := os.ReadFile(upload.text("source"))
		if err != nil {
			return nil, fmt.Errorf("could not read file: %w", err)
		}
		return content, nil
	}
}
