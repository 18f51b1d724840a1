// Command control-plane is the Kubernetes control plane that the integration
// tests and the demo run: etcd, kube-apiserver, kube-controller-manager and
// kubectl, linked from their published Go modules into one binary.
//
// The base name it is called by selects the part, so that symlinks make its
// directory look like any other directory of control plane binaries
// (KUBEBUILDER_ASSETS). Called by another name, the first argument selects it.
//
// The parts run as separate processes all the same: each can be stopped or
// killed alone, and they share no flags or feature gates.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client metrics, as upstream's main
	_ "k8s.io/component-base/metrics/prometheus/version"  // version metric, as upstream's main
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	if run(filepath.Base(os.Args[0])) {
		return
	}
	if len(os.Args) > 1 {
		// Each part reads os.Args itself and expects its own name first.
		os.Args = os.Args[1:]
		if run(os.Args[0]) {
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: control-plane etcd|kube-apiserver|kube-controller-manager|kubectl [flags]")
	os.Exit(2)
}

// run starts the part with this name and says whether there is one. Only
// etcd's main returns; the others end the process with their exit code.
func run(name string) bool {
	switch name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	case "kubectl":
		os.Exit(cli.Run(kubectl.NewDefaultKubectlCommand()))
	default:
		return false
	}
	return true
}
