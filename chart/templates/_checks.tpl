{{/* What the schema cannot say: combinations that would not work. */}}
{{- define "alibabacloud-servicebroker.check" -}}
{{- $v := .Values -}}
{{- $login := or $v.auth.basic $v.auth.bearer -}}
{{- $registered := ne $v.registration.kind "none" -}}
{{- if and (eq $v.store.type "bolt") (gt (int $v.replicas) 1) -}}
{{- fail "store.type bolt is a file that one process has open: set replicas to 1" -}}
{{- end -}}
{{- if not (or $login $v.auth.tokenReview.enabled) -}}
{{- fail "every caller would be refused: set auth.basic, auth.bearer or auth.tokenReview.enabled" -}}
{{- end -}}
{{- if and $registered (not $login) -}}
{{- fail "Service Catalog needs a password or a token: set auth.basic or auth.bearer, or registration.kind to none" -}}
{{- end -}}
{{- if and $registered $v.auth.clientCASecret -}}
{{- fail "Service Catalog has no client certificate: leave auth.clientCASecret empty, or set registration.kind to none" -}}
{{- end -}}
{{- if and $v.auth.tokenReview.enabled (not $v.auth.tokenReview.users) -}}
{{- fail "auth.tokenReview.users is empty, and every pod of the cluster has a genuine token: list the accepted users" -}}
{{- end -}}
{{- if and $v.auth.clientCASecret (eq $v.tls.mode "none") -}}
{{- fail "auth.clientCASecret is for TLS: set tls.mode to another than none" -}}
{{- end -}}
{{- if and (eq $v.tls.mode "secret") (not $v.tls.existingSecret) -}}
{{- fail "tls.mode secret needs tls.existingSecret" -}}
{{- end -}}
{{- if and (eq $v.tls.mode "cert-manager") (not $v.tls.certManager.issuerRef.name) -}}
{{- fail "tls.mode cert-manager needs tls.certManager.issuerRef.name" -}}
{{- end -}}
{{- with $v.tls.selfSigned -}}
{{- if and (eq $v.tls.mode "self-signed") (lt (int .caDays) (int .days)) -}}
{{- fail "tls.selfSigned.caDays is less than days: a certificate would outlive the authority that signs it" -}}
{{- end -}}
{{- end -}}
{{- if and $v.service.nodePort (eq $v.service.type "ClusterIP") -}}
{{- fail "service.nodePort is for a service.type other than ClusterIP" -}}
{{- end -}}
{{- if and (eq (default "" $v.registration.auth) "basic") (not $v.auth.basic) -}}
{{- fail "registration.auth basic needs auth.basic" -}}
{{- end -}}
{{- if and (eq (default "" $v.registration.auth) "bearer") (not $v.auth.bearer) -}}
{{- fail "registration.auth bearer needs auth.bearer" -}}
{{- end -}}
{{- with $v.cloud.credentials -}}
{{- if and (eq .type "static") (not .existingSecret) -}}
{{- fail "cloud.credentials.type static needs cloud.credentials.existingSecret" -}}
{{- end -}}
{{- if and (eq .type "rrsa") (not (or .rrsa.roleName .rrsa.roleARN)) $v.serviceAccount.create -}}
{{- fail "cloud.credentials.type rrsa needs cloud.credentials.rrsa.roleName, or roleARN and oidcProviderARN, or a service account of yours that has the annotation" -}}
{{- end -}}
{{- if ne (empty .rrsa.roleARN) (empty .rrsa.oidcProviderARN) -}}
{{- fail "cloud.credentials.rrsa.roleARN and oidcProviderARN go together: set both or none" -}}
{{- end -}}
{{- if and .rrsa.roleName (not $v.serviceAccount.create) -}}
{{- fail "cloud.credentials.rrsa.roleName is an annotation of the service account: set serviceAccount.create, or annotate yours with pod-identity.alibabacloud.com/role-name and leave roleName empty" -}}
{{- end -}}
{{- if and .rrsa.roleName .rrsa.roleARN -}}
{{- fail "cloud.credentials.rrsa: roleName is for ACK's webhook, roleARN for clusters without it: set one of them" -}}
{{- end -}}
{{- end -}}
{{- if and $v.uninstallCheck.enabled (not $v.operator.enabled) -}}
{{- fail "uninstallCheck.enabled needs operator.enabled: it asks the broker whether instances exist" -}}
{{- end -}}
{{- end -}}

{{/* (what, value now, value of before): refuses a change. */}}
{{- define "alibabacloud-servicebroker.unchanged" -}}
{{- if ne (index . 1) (index . 2) -}}
{{- fail (printf "%s was %q when this release was first installed and cannot become %q: what exists would be forgotten. Set it as it was (`helm upgrade --reuse-values` keeps all values), or install another release" (index . 0) (index . 2) (index . 1)) -}}
{{- end -}}
{{- end -}}
