//! How to go on by hand, once the three orders are issued.

use crate::harness::Result;
use crate::missing;
use crate::stage::Stage;

/// The text, with the paths and addresses of this run.
pub(crate) fn text(stage: &Stage) -> Result<String> {
    let binaries = stage.kubectl_path();
    let binaries = binaries
        .parent()
        .ok_or_else(|| missing("kubectl's directory"))?
        .display();
    let kubeconfig = stage.kubeconfig().display();
    let fourth = stage.write("fourth.yaml", include_str!("fourth.yaml"))?;
    let fourth = fourth.display();
    let control = stage.by_hand_control_url();
    Ok(format!(
        r"
It goes on; this window shows every change. In another one:

  export KUBECONFIG={kubeconfig} PATH={binaries}:$PATH

  kubectl get purchases                       # what was bought, for whom; it outlives the orders
  kubectl get dso email -o yaml               # all that is known of one
  kubectl explain dso.spec.order.individual   # what can be ordered

A fourth order, on an account whose people are you:

  kubectl apply -f {fourth}
  id=$(kubectl get dso jane-doe -o jsonpath='{{.status.orderID}}')

  curl -sX POST {control}/orders/$id/approve   # the approver says yes
  curl -sX POST {control}/orders/$id/reject    # or no
  curl -sX POST {control}/orders/$id/validate  # DigiCert has validated the person
  curl -sX POST {control}/orders/$id/issue     # the person picks the certificate up

The operator asks every 10 seconds what changed. Delete the order and apply it again: it is found, not bought twice.

  kubectl delete dso jane-doe && kubectl apply -f {fourth}

Logs of the operator: {log}
Ctrl-C stops everything and removes its files.
",
        log = stage.operator_log().display(),
    ))
}
