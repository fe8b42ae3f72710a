// Command network-policy is a CNI plugin that runs after the one that gives a pod its address: it lets the
// enforcer put the pod's policies in place before the pod starts, since the address is published only later.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const patience = 10 * time.Second

type config struct {
	CNIVersion string          `json:"cniVersion"`
	Socket     string          `json:"socket"`
	PrevResult json.RawMessage `json:"prevResult"`
}

type result struct {
	IPs []struct {
		Address string `json:"address"`
	} `json:"ips"`
}

func main() {
	if err := run(); err != nil {
		_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"code": 100, "msg": err.Error()})
		os.Exit(1)
	}
}

func run() error {
	if os.Getenv("CNI_COMMAND") != "ADD" {
		return nil
	}
	var given config
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	if err := announce(given); err != nil {
		return err
	}
	_, err := os.Stdout.Write(given.PrevResult)
	return err
}

func announce(given config) error {
	var previous result
	if err := json.Unmarshal(given.PrevResult, &previous); err != nil {
		return err
	}
	if len(previous.IPs) == 0 {
		return errors.New("the plugin before this one gave no address")
	}
	address, _, _ := strings.Cut(previous.IPs[0].Address, "/")
	args := arguments(os.Getenv("CNI_ARGS"))
	pod, _ := json.Marshal(map[string]string{
		"namespace": args["K8S_POD_NAMESPACE"], "name": args["K8S_POD_NAME"], "address": address,
	})
	return post(given.Socket, pod)
}

func post(socket string, body []byte) error {
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	answer, err := client.Post("http://enforcer/", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("the enforcer answered %s: %s", answer.Status, text)
	}
	return nil
}

// arguments reads "NAME=value;NAME=value".
func arguments(text string) map[string]string {
	found := map[string]string{}
	for _, pair := range strings.Split(text, ";") {
		name, value, _ := strings.Cut(pair, "=")
		found[name] = value
	}
	return found
}
