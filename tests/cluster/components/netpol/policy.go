package netpol

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// State is what policies are decided from. Pods are those with an address of their own.
type State struct {
	Pods       []*corev1.Pod
	Namespaces map[string]labels.Set
	Policies   []*networkingv1.NetworkPolicy
}

// Verdict is what may reach a pod, or what it may reach. A direction that is not isolated is open.
type Verdict struct {
	Isolated bool
	Allowed  []Allowance
}

// Allowance lets traffic with any of the peers through on any of the ports. A nil list means all.
type Allowance struct {
	Peers []Peer
	Ports []Port
}

// Peer is a range of addresses, without some.
type Peer struct {
	CIDR   string
	Except []string
}

// Port is a protocol with a range of ports; First 0 means all of them.
type Port struct {
	Protocol    string
	First, Last int32
}

// PodVerdict is a pod's address with what holds for it.
type PodVerdict struct {
	Address         string
	Ingress, Egress Verdict
}

// Isolate decides for each pod what the policies that select it allow.
func Isolate(state State) []PodVerdict {
	verdicts := make([]PodVerdict, 0, len(state.Pods))
	for _, pod := range state.Pods {
		verdict := PodVerdict{Address: pod.Status.PodIP}
		for _, policy := range state.Policies {
			if policy.Namespace == pod.Namespace && selects(&policy.Spec.PodSelector, pod.Labels) {
				verdict.add(state, pod, policy)
			}
		}
		verdicts = append(verdicts, verdict)
	}
	return verdicts
}

func (v *PodVerdict) add(state State, pod *corev1.Pod, policy *networkingv1.NetworkPolicy) {
	if slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) {
		v.Ingress.Isolated = true
		for _, rule := range policy.Spec.Ingress {
			ports, _ := resolve(rule.Ports, pod)
			v.Ingress.allow(peers(state, policy.Namespace, rule.From), len(rule.From) > 0, ports, len(rule.Ports) > 0)
		}
	}
	if slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
		v.Egress.Isolated = true
		for _, rule := range policy.Spec.Egress {
			v.addEgress(state, policy.Namespace, rule)
		}
	}
}

// addEgress resolves a port's name on each peer by itself: it may mean another number on each.
func (v *PodVerdict) addEgress(state State, namespace string, rule networkingv1.NetworkPolicyEgressRule) {
	ports, named := resolve(rule.Ports, nil)
	v.Egress.allow(peers(state, namespace, rule.To), len(rule.To) > 0, ports, len(rule.Ports) > 0)
	if !named {
		return
	}
	for _, pod := range state.Pods {
		if len(rule.To) == 0 || anyPeerSelects(state, namespace, rule.To, pod) {
			ports, _ := resolve(rule.Ports, pod)
			v.Egress.allow([]Peer{{CIDR: pod.Status.PodIP}}, true, ports, true)
		}
	}
}

func (v *Verdict) allow(peers []Peer, somePeers bool, ports []Port, somePorts bool) {
	if (somePeers && len(peers) == 0) || (somePorts && len(ports) == 0) {
		return
	}
	v.Allowed = append(v.Allowed, Allowance{Peers: peers, Ports: ports})
}

func peers(state State, namespace string, from []networkingv1.NetworkPolicyPeer) []Peer {
	var found []Peer
	for _, peer := range from {
		if peer.IPBlock != nil {
			found = append(found, Peer{CIDR: peer.IPBlock.CIDR, Except: peer.IPBlock.Except})
		}
	}
	for _, pod := range state.Pods {
		if anyPeerSelects(state, namespace, from, pod) {
			found = append(found, Peer{CIDR: pod.Status.PodIP})
		}
	}
	return found
}

func anyPeerSelects(state State, namespace string, from []networkingv1.NetworkPolicyPeer, pod *corev1.Pod) bool {
	return slices.ContainsFunc(from, func(peer networkingv1.NetworkPolicyPeer) bool {
		switch {
		case peer.IPBlock != nil:
			return false
		case peer.NamespaceSelector == nil && pod.Namespace != namespace:
			return false
		case peer.NamespaceSelector != nil && !selects(peer.NamespaceSelector, state.Namespaces[pod.Namespace]):
			return false
		default:
			return peer.PodSelector == nil || selects(peer.PodSelector, pod.Labels)
		}
	})
}

func selects(selector *metav1.LabelSelector, set labels.Set) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(set)
}

// resolve gives the numbers of ports, those with a name as pod has them; it tells whether there was a name.
func resolve(ports []networkingv1.NetworkPolicyPort, pod *corev1.Pod) (resolved []Port, named bool) {
	for _, port := range ports {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		switch {
		case port.Port == nil:
			resolved = append(resolved, Port{Protocol: string(protocol)})
		case port.Port.Type == intstr.String:
			named = true
			if number, found := containerPort(pod, port.Port.StrVal, protocol); found {
				resolved = append(resolved, Port{Protocol: string(protocol), First: number, Last: number})
			}
		case port.EndPort != nil:
			resolved = append(resolved, Port{Protocol: string(protocol), First: port.Port.IntVal, Last: *port.EndPort})
		default:
			resolved = append(resolved, Port{Protocol: string(protocol), First: port.Port.IntVal, Last: port.Port.IntVal})
		}
	}
	return resolved, named
}

func containerPort(pod *corev1.Pod, name string, protocol corev1.Protocol) (int32, bool) {
	if pod == nil {
		return 0, false
	}
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == name && port.Protocol == protocol {
				return port.ContainerPort, true
			}
		}
	}
	return 0, false
}
