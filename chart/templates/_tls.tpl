{{/*
The self-signed authority and certificate, worked out once a rendering and then
in .Values._tls: ca (PEM of the authorities to trust, the signing one first),
caKey, caEnd (Unix time; 0 is unknown), old and oldEnd (an authority that is
still trusted), issuer, cert, key (PEM), names, renewAfter (Unix time), renewed
(whether the authority is new and signs from the next upgrade on).

An authority stays until its last third, of which its Secret must say the end.
Then there is a new one beside it, and only the next upgrade signs with it: by
then all who call the broker trust both. The certificate stays until its own
last third, and while its names and authority are the same.
*/}}
{{- define "alibabacloud-servicebroker.selfSigned" -}}
{{- if not (hasKey .Values "_tls") -}}
{{- $caName := printf "%s-ca" (include "alibabacloud-servicebroker.fullname" .) -}}
{{- $days := .Values.tls.selfSigned -}}
{{- $names := include "alibabacloud-servicebroker.dnsNames" . -}}
{{- $oldCA := lookup "v1" "Secret" .Release.Namespace $caName -}}
{{- $oldCAData := default dict $oldCA.data -}}
{{- $caNotes := default dict ($oldCA.metadata).annotations -}}
{{- $old := lookup "v1" "Secret" .Release.Namespace (include "alibabacloud-servicebroker.tlsSecret" .) -}}
{{- $oldData := default dict $old.data -}}
{{- $notes := default dict ($old.metadata).annotations -}}
{{- $tls := dict "names" $names "caEnd" 0 "old" "" "oldEnd" 0 "renewed" false -}}
{{- $now := now | unixEpoch | int64 -}}

{{- /* The authority, and in $signer the one that signs a certificate now. */ -}}
{{- $signer := dict -}}
{{- if and (hasKey $oldCAData "ca.crt") (hasKey $oldCAData "ca.key") -}}
{{- $all := index $oldCAData "ca.crt" | b64dec -}}
{{- $_ := set $tls "ca" (regexFind "(?s)^.*?-----END CERTIFICATE-----\n?" $all) -}}
{{- $_ := set $tls "caKey" (index $oldCAData "ca.key" | b64dec) -}}
{{- $_ := set $tls "caEnd" (index $caNotes "alibabacloud-servicebroker/not-after" | int64) -}}
{{- $signer = dict "cert" $tls.ca "key" $tls.caKey "end" $tls.caEnd -}}
{{- if gt (index $caNotes "alibabacloud-servicebroker/old-not-after" | int64) $now -}}
{{- $_ := set $tls "old" (trimPrefix $tls.ca $all) -}}
{{- $_ := set $tls "oldEnd" (index $caNotes "alibabacloud-servicebroker/old-not-after" | int64) -}}
{{- end -}}
{{- end -}}
{{- $due := and $tls.caEnd (lt $tls.caEnd (add $now (mul (int64 $days.caDays) 28800))) -}}
{{- if or (not $signer) $due -}}
{{- $new := genCAWithKey $caName (int $days.caDays) (genPrivateKey "ecdsa") -}}
{{- if gt $tls.caEnd (add $now 86400) -}}
{{- $_ := set $tls "renewed" true -}}
{{- $_ := set $tls "old" $tls.ca -}}
{{- $_ := set $tls "oldEnd" $tls.caEnd -}}
{{- end -}}
{{- $_ := set $tls "ca" $new.Cert -}}
{{- $_ := set $tls "caKey" $new.Key -}}
{{- $_ := set $tls "caEnd" (add $now (mul (int64 $days.caDays) 86400)) -}}
{{- if not $tls.renewed -}}
{{- $signer = dict "cert" $new.Cert "key" $new.Key "end" $tls.caEnd -}}
{{- end -}}
{{- end -}}
{{- $_ := set $tls "ca" (print $tls.ca $tls.old) -}}
{{- $_ := set $tls "issuer" $signer.cert -}}

{{- /* The certificate. */ -}}
{{- $renewAfter := index $notes "alibabacloud-servicebroker/renew-after" | int64 -}}
{{- $same := and (eq (index $oldData "ca.crt" | default "" | b64dec) $signer.cert) (eq (index $notes "alibabacloud-servicebroker/names" | default "") $names) -}}
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
{{- $life := int64 $days.days -}}
{{- if $signer.end -}}
{{- $life = min $life (div (sub $signer.end $now) 86400) -}}
{{- end -}}
{{- $ca := buildCustomCert (b64enc $signer.cert) (b64enc $signer.key) -}}
{{- $cert := genSignedCertWithKey (include "alibabacloud-servicebroker.fullname" .) $ips $dns (int $life) $ca (genPrivateKey "ecdsa") -}}
{{- $_ := set $tls "cert" $cert.Cert -}}
{{- $_ := set $tls "key" $cert.Key -}}
{{- $_ := set $tls "renewAfter" (add $now (mul $life 57600)) -}}
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
