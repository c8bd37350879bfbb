{{/*
The self-signed authority and certificate, worked out once a rendering and then
in .Values._tls: ca, caKey, cert, key (PEM), names, renewAfter (Unix time).
The authority stays while its Secret is there. The certificate stays until its
last third, and while its names and authority are the same.
*/}}
{{- define "alibabacloud-servicebroker.selfSigned" -}}
{{- if not (hasKey .Values "_tls") -}}
{{- $names := include "alibabacloud-servicebroker.dnsNames" . -}}
{{- $oldCA := default dict (lookup "v1" "Secret" .Release.Namespace (printf "%s-ca" (include "alibabacloud-servicebroker.fullname" .))).data -}}
{{- $old := lookup "v1" "Secret" .Release.Namespace (include "alibabacloud-servicebroker.tlsSecret" .) -}}
{{- $oldData := default dict $old.data -}}
{{- $notes := default dict ($old.metadata).annotations -}}
{{- $tls := dict "names" $names -}}
{{- $now := now | unixEpoch | int64 -}}
{{- if and (hasKey $oldCA "ca.crt") (hasKey $oldCA "ca.key") -}}
{{- $_ := set $tls "ca" (index $oldCA "ca.crt" | b64dec) -}}
{{- $_ := set $tls "caKey" (index $oldCA "ca.key" | b64dec) -}}
{{- else -}}
{{- $ca := genCAWithKey (printf "%s-ca" (include "alibabacloud-servicebroker.fullname" .)) (int .Values.tls.selfSigned.caDays) (genPrivateKey "ecdsa") -}}
{{- $_ := set $tls "ca" $ca.Cert -}}
{{- $_ := set $tls "caKey" $ca.Key -}}
{{- end -}}
{{- $renewAfter := index $notes "alibabacloud-servicebroker/renew-after" | int64 -}}
{{- $same := and (eq (index $oldData "ca.crt" | default "" | b64dec) $tls.ca) (eq (index $notes "alibabacloud-servicebroker/names" | default "") $names) -}}
{{- if and $same (gt $renewAfter $now) (hasKey $oldData "tls.crt") (hasKey $oldData "tls.key") -}}
{{- $_ := set $tls "cert" (index $oldData "tls.crt" | b64dec) -}}
{{- $_ := set $tls "key" (index $oldData "tls.key" | b64dec) -}}
{{- $_ := set $tls "renewAfter" $renewAfter -}}
{{- else -}}
{{- $ips := list -}}
{{- $dns := list -}}
{{- range splitList "," $names -}}
{{- if regexMatch "^[0-9.]+$|:" . -}}{{- $ips = append $ips . -}}{{- else -}}{{- $dns = append $dns . -}}{{- end -}}
{{- end -}}
{{- $ca := buildCustomCert (b64enc $tls.ca) (b64enc $tls.caKey) -}}
{{- $cert := genSignedCertWithKey (include "alibabacloud-servicebroker.fullname" .) $ips $dns (int .Values.tls.selfSigned.days) $ca (genPrivateKey "ecdsa") -}}
{{- $_ := set $tls "cert" $cert.Cert -}}
{{- $_ := set $tls "key" $cert.Key -}}
{{- $_ := set $tls "renewAfter" (add $now (mul (int64 .Values.tls.selfSigned.days) 57600)) -}}
{{- end -}}
{{- $_ := set .Values "_tls" $tls -}}
{{- end -}}
{{- end -}}

{{/* The authority for the broker object, in base64; empty where it is not known: the system's. */}}
{{- define "alibabacloud-servicebroker.caBundle" -}}
{{- if eq .Values.tls.mode "self-signed" -}}
{{- include "alibabacloud-servicebroker.selfSigned" . -}}
{{- b64enc .Values._tls.ca -}}
{{- else if .Values.tls.caBundle -}}
{{- b64enc .Values.tls.caBundle -}}
{{- else if ne .Values.tls.mode "none" -}}
{{- index (default dict (lookup "v1" "Secret" .Release.Namespace (include "alibabacloud-servicebroker.tlsSecret" .)).data) "ca.crt" | default "" -}}
{{- end -}}
{{- end -}}
