// Package netpol enforces a test cluster's NetworkPolicies on its one node.
//
// It watches pods, namespaces and policies, works out what they allow (policy.go), and replaces one
// nftables table in one transaction whenever that changes (table.go).
package netpol

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	networkinglisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

// Changes come in bursts (a pod's status is written several times as it starts): one table serves them all.
const burst = 20 * time.Millisecond

// NewCommand returns the command that runs the enforcer until it is killed.
func NewCommand() *cobra.Command {
	var kubeconfig, podRange, socket string
	command := &cobra.Command{
		Use:          "network-policy-enforcer",
		SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			return run(command.Context(), kubeconfig, podRange, socket)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	command.Flags().StringVar(&podRange, "pod-range", "", "the CIDR that pods get their addresses from")
	command.Flags().StringVar(&socket, "socket", "", "where the CNI plugin announces pods that are about to start")
	return command
}

type enforcer struct {
	pods       corelisters.PodLister
	namespaces corelisters.NamespaceLister
	policies   networkinglisters.NetworkPolicyLister
	podRange   string
	changed    chan struct{}
	announced  chan announcement
	addresses  map[types.NamespacedName]string
	applied    string
}

func run(ctx context.Context, kubeconfig, podRange, socket string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	e := &enforcer{
		pods:       factory.Core().V1().Pods().Lister(),
		namespaces: factory.Core().V1().Namespaces().Lister(),
		policies:   factory.Networking().V1().NetworkPolicies().Lister(),
		podRange:   podRange,
		changed:    make(chan struct{}, 1),
		announced:  make(chan announcement),
		addresses:  map[types.NamespacedName]string{},
	}
	for _, informer := range []cache.SharedIndexInformer{
		factory.Core().V1().Pods().Informer(),
		factory.Core().V1().Namespaces().Informer(),
		factory.Networking().V1().NetworkPolicies().Informer(),
	} {
		if _, err := informer.AddEventHandler(e.onAnyChange()); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	if err := e.listen(socket); err != nil {
		return err
	}
	e.applyForEver(ctx)
	return nil
}

func (e *enforcer) onAnyChange() cache.ResourceEventHandlerFuncs {
	notice := func() {
		select {
		case e.changed <- struct{}{}:
		default:
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notice() },
		UpdateFunc: func(any, any) { notice() },
		DeleteFunc: func(any) { notice() },
	}
}

// applyForEver is the only one that works on addresses and the table. Announcements do not wait for a burst to end.
func (e *enforcer) applyForEver(ctx context.Context) {
	for {
		if err := e.apply(); err != nil {
			klog.ErrorS(err, "the table stays as it was until the next change")
		}
		select {
		case <-ctx.Done():
			return
		case heard := <-e.announced:
			e.addresses[heard.pod] = heard.address
			heard.applied <- e.apply()
		case <-e.changed:
			time.Sleep(burst)
		}
	}
}

func (e *enforcer) apply() error {
	state, err := e.observe()
	if err != nil {
		return err
	}
	table := Render(e.podRange, Isolate(state))
	if table == e.applied {
		return nil
	}
	nft := exec.Command("nft", "-f", "-")
	nft.Stdin = strings.NewReader(table)
	if output, err := nft.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s\n%s", err, output, table)
	}
	e.applied = table
	return nil
}

func (e *enforcer) observe() (State, error) {
	pods, err := e.pods.List(labels.Everything())
	if err != nil {
		return State{}, err
	}
	namespaces, err := e.namespaces.List(labels.Everything())
	if err != nil {
		return State{}, err
	}
	policies, err := e.policies.List(labels.Everything())
	if err != nil {
		return State{}, err
	}
	for number, pod := range pods {
		pods[number] = e.withAddress(pod)
	}
	return newState(pods, namespaces, policies), nil
}

// newState sorts what informers list in any order, so that the same state renders the same table.
func newState(pods []*corev1.Pod, namespaces []*corev1.Namespace, policies []*networkingv1.NetworkPolicy) State {
	state := State{Namespaces: map[string]labels.Set{}, Policies: policies}
	for _, namespace := range namespaces {
		state.Namespaces[namespace.Name] = namespace.Labels
	}
	for _, pod := range pods {
		finished := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
		if pod.Status.PodIP != "" && !pod.Spec.HostNetwork && !finished {
			state.Pods = append(state.Pods, pod)
		}
	}
	slices.SortFunc(state.Pods, byAddressAndYouth)
	state.Pods = slices.CompactFunc(state.Pods, func(a, b *corev1.Pod) bool { return a.Status.PodIP == b.Status.PodIP })
	slices.SortFunc(state.Policies, func(a, b *networkingv1.NetworkPolicy) int { return strings.Compare(string(a.UID), string(b.UID)) })
	return state
}

// byAddressAndYouth puts the youngest first of those that share an address: the others have given it up.
func byAddressAndYouth(a, b *corev1.Pod) int {
	if order := strings.Compare(a.Status.PodIP, b.Status.PodIP); order != 0 {
		return order
	}
	return b.CreationTimestamp.Compare(a.CreationTimestamp.Time)
}
