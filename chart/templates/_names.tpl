{{/* Names of objects. */}}

{{- define "alibabacloud-servicebroker.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- include "alibabacloud-servicebroker.short" (list (printf "%s-%s" .Release.Name $name) 50) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* (text, length): the text, or where it is longer its beginning and a hash, so that it stays unlike others. */}}
{{- define "alibabacloud-servicebroker.short" -}}
{{- $text := index . 0 -}}
{{- $length := int (index . 1) -}}
{{- if gt (len $text) $length -}}
{{- printf "%s-%s" ($text | trunc (int (sub $length 9)) | trimSuffix "-") ($text | sha256sum | trunc 8) -}}
{{- else -}}
{{- $text -}}
{{- end -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.serviceAccount" -}}
{{- default (ternary (include "alibabacloud-servicebroker.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{/* What the release must never forget: its name does not depend on values. */}}
{{- define "alibabacloud-servicebroker.identityName" -}}
{{- printf "%s-%s-identity" .Release.Name .Chart.Name -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.storeName" -}}
{{- default (include "alibabacloud-servicebroker.short" (list (include "alibabacloud-servicebroker.fullname" .) 40)) .Values.store.name -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.authSecret" -}}
{{- default (printf "%s-auth" (include "alibabacloud-servicebroker.fullname" .)) .Values.auth.existingSecret -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.operatorSecret" -}}
{{- default (printf "%s-operator" (include "alibabacloud-servicebroker.fullname" .)) .Values.operator.existingSecret -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.tlsSecret" -}}
{{- if eq .Values.tls.mode "secret" -}}
{{- .Values.tls.existingSecret -}}
{{- else -}}
{{- printf "%s-tls" (include "alibabacloud-servicebroker.fullname" .) -}}
{{- end -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.registrationName" -}}
{{- default (printf "%s%s" (lower .Values.catalog.prefix) (include "alibabacloud-servicebroker.fullname" .)) .Values.registration.name -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.claim" -}}
{{- default (printf "%s-data" (include "alibabacloud-servicebroker.fullname" .)) .Values.store.bolt.existingClaim -}}
{{- end -}}

{{/* Where the file of the store bolt is; empty for another store. */}}
{{- define "alibabacloud-servicebroker.storeFile" -}}
{{- with .Values.store -}}
{{- if ne .type "bolt" -}}
{{- else if or .bolt.persistence .bolt.existingClaim -}}
claim {{ include "alibabacloud-servicebroker.claim" $ }}
{{- else -}}
emptyDir
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.port" -}}
{{- default (ternary 80 443 (eq .Values.tls.mode "none")) .Values.service.port -}}
{{- end -}}

{{/* DNS names of the service, and others in the certificate, with commas between. */}}
{{- define "alibabacloud-servicebroker.dnsNames" -}}
{{- $name := include "alibabacloud-servicebroker.fullname" . -}}
{{- $inside := printf "%s.%s" $name .Release.Namespace -}}
{{- $names := list $name $inside (printf "%s.svc" $inside) (printf "%s.svc.%s" $inside .Values.service.clusterDomain) -}}
{{- concat $names .Values.tls.extraNames | join "," -}}
{{- end -}}

{{- define "alibabacloud-servicebroker.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: broker
{{- end -}}

{{- define "alibabacloud-servicebroker.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ default .Chart.AppVersion .Values.image.tag | replace "+" "_" | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: {{ .Chart.Name }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
