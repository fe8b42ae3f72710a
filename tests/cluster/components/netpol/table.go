package netpol

import (
	"fmt"
	"strings"
)

// Egress is judged where a packet enters the node, so also on its way to the node itself and the API server;
// ingress only on its way to a pod. The node's own packets, kubelet's probes among them, pass neither hook.
const frame = `table inet network_policies
delete table inet network_policies
table inet network_policies {
%[1]s	chain egress {
%[2]s	}
	chain ingress {
%[3]s	}
	chain forward {
		type filter hook forward priority filter; policy accept;
		ct state established,related accept
		jump egress
		jump ingress
	}
	chain input {
		type filter hook input priority filter; policy accept;
		ct state established,related accept
		jump egress
	}
}
`

// Render writes the nftables script that makes the table say what the verdicts say.
//
// As soon as anything is isolated, an address of podRange that no pod is known by is closed.
func Render(podRange string, verdicts []PodVerdict) string {
	var chains, egress, ingress strings.Builder
	known := make([]string, 0, len(verdicts))
	isolated := false
	for number, verdict := range verdicts {
		known = append(known, verdict.Address)
		isolated = isolated || verdict.Ingress.Isolated || verdict.Egress.Isolated
		if verdict.Egress.Isolated {
			writeChain(&chains, fmt.Sprintf("from_%d", number), "daddr", verdict.Egress.Allowed)
			fmt.Fprintf(&egress, "\t\tip saddr %s jump from_%d\n", verdict.Address, number)
		}
		if verdict.Ingress.Isolated {
			writeChain(&chains, fmt.Sprintf("to_%d", number), "saddr", verdict.Ingress.Allowed)
			fmt.Fprintf(&ingress, "\t\tip daddr %s jump to_%d\n", verdict.Address, number)
		}
	}
	if isolated {
		set := strings.Join(known, ", ")
		fmt.Fprintf(&egress, "\t\tip saddr %s ip saddr != { %s } drop\n", podRange, set)
		fmt.Fprintf(&ingress, "\t\tip daddr %s ip daddr != { %s } drop\n", podRange, set)
	}
	return fmt.Sprintf(frame, chains.String(), egress.String(), ingress.String())
}

func writeChain(to *strings.Builder, name, side string, allowed []Allowance) {
	fmt.Fprintf(to, "\tchain %s {\n", name)
	for _, allowance := range allowed {
		for _, peer := range orAny(matchPeers(side, allowance.Peers)) {
			for _, port := range orAny(matchPorts(allowance.Ports)) {
				fmt.Fprintf(to, "\t\t%s%sreturn\n", peer, port)
			}
		}
	}
	to.WriteString("\t\tdrop\n\t}\n")
}

func orAny(matches []string) []string {
	if len(matches) == 0 {
		return []string{""}
	}
	return matches
}

// matchPeers puts all single addresses into one set: a rule for each would be slow with many pods. Ranges may
// overlap, which a set does not take.
func matchPeers(side string, peers []Peer) []string {
	var matches, addresses []string
	for _, peer := range peers {
		switch {
		case strings.Contains(peer.CIDR, ":"):
			// The cluster has no IPv6, so nothing can come from there.
			matches = append(matches, "meta nfproto ipv6 ")
		case len(peer.Except) > 0:
			except := strings.Join(peer.Except, ", ")
			matches = append(matches, fmt.Sprintf("ip %[1]s %[2]s ip %[1]s != { %[3]s } ", side, peer.CIDR, except))
		case strings.HasSuffix(peer.CIDR, "/0"):
			matches = append(matches, "meta nfproto ipv4 ")
		case strings.Contains(peer.CIDR, "/"):
			matches = append(matches, fmt.Sprintf("ip %s %s ", side, peer.CIDR))
		default:
			addresses = append(addresses, peer.CIDR)
		}
	}
	if len(addresses) > 0 {
		matches = append(matches, fmt.Sprintf("ip %s { %s } ", side, strings.Join(addresses, ", ")))
	}
	return matches
}

func matchPorts(ports []Port) []string {
	var matches []string
	for _, port := range ports {
		protocol := strings.ToLower(port.Protocol)
		if port.First == 0 {
			matches = append(matches, fmt.Sprintf("meta l4proto %s ", protocol))
		} else {
			matches = append(matches, fmt.Sprintf("%s dport %d-%d ", protocol, port.First, port.Last))
		}
	}
	return matches
}
