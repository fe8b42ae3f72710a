package netpol

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// The kubelet may hear of a pod a little before this process does.
const (
	patience        = 5 * time.Second
	betweenTwoLooks = 5 * time.Millisecond
)

// announcement is a pod that is about to start, with the address that it will have.
type announcement struct {
	pod     types.NamespacedName
	address string
	applied chan error
}

// listen answers each announcement that comes through a socket once the table knows the pod.
func (e *enforcer) listen(socket string) error {
	if err := os.RemoveAll(socket); err != nil {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	go func() { panic(http.Serve(listener, http.HandlerFunc(e.hear))) }()
	return nil
}

func (e *enforcer) hear(response http.ResponseWriter, request *http.Request) {
	var body struct{ Namespace, Name, Address string }
	if err := json.NewDecoder(request.Body).Decode(&body); err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	pod := types.NamespacedName{Namespace: body.Namespace, Name: body.Name}
	if !e.awaitPod(pod) {
		http.Error(response, "no such pod: "+pod.String(), http.StatusNotFound)
		return
	}
	heard := announcement{pod: pod, address: body.Address, applied: make(chan error, 1)}
	e.announced <- heard
	if err := <-heard.applied; err != nil {
		http.Error(response, err.Error(), http.StatusInternalServerError)
	}
}

func (e *enforcer) awaitPod(pod types.NamespacedName) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(betweenTwoLooks) {
		if _, err := e.pods.Pods(pod.Namespace).Get(pod.Name); err == nil {
			return true
		}
	}
	return false
}

// withAddress gives the pod with the address that was announced for it, until its status tells that address.
func (e *enforcer) withAddress(pod *corev1.Pod) *corev1.Pod {
	name := types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}
	address, announced := e.addresses[name]
	if !announced {
		return pod
	}
	if pod.Status.PodIP == address {
		delete(e.addresses, name)
		return pod
	}
	addressed := pod.DeepCopy()
	addressed.Status.PodIP = address
	return addressed
}
