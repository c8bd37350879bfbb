{{/* The broker's flags, one a line. */}}
{{- define "alibabacloud-servicebroker.args" -}}
{{- $v := .Values -}}
{{- $etc := "/etc/alibabacloud-servicebroker" -}}
- --listen=:8005
- --ops-listen=:8006
- --metrics-listen=:8009
- --store={{ $v.store.type }}
{{- if eq $v.store.type "kubernetes" }}
- --store-name={{ include "alibabacloud-servicebroker.storeName" . }}
- --namespace={{ .Release.Namespace }}
{{- else }}
- --data-dir=/data
{{- end }}
{{- if $v.auth.basic }}
- --users-file={{ $etc }}/auth/users
{{- end }}
{{- if $v.auth.bearer }}
- --tokens-file={{ $etc }}/auth/tokens
{{- end }}
{{- with $v.auth.tokenReview }}
{{- if .enabled }}
- --token-review
- --token-review-users={{ join "," .users }}
{{- with .audiences }}
- --token-review-audience={{ join "," . }}
{{- end }}
{{- end }}
{{- end }}
{{- if ne $v.tls.mode "none" }}
- --tls-cert-file={{ $etc }}/tls/tls.crt
- --tls-key-file={{ $etc }}/tls/tls.key
{{- end }}
{{- if $v.auth.clientCASecret }}
- --client-ca-file={{ $etc }}/client-ca/ca.crt
{{- end }}
{{- if $v.operator.enabled }}
- --ops-tokens-file={{ $etc }}/operator/tokens
{{- end }}
{{- with $v.cloud }}
{{- with .region }}
- --region={{ . }}
{{- end }}
- --credentials={{ .credentials.type }}
{{- if .credentials.existingSecret }}
- --credentials-dir={{ $etc }}/cloud
{{- end }}
{{- with .credentials.ecsRole }}
- --ecs-role={{ . }}
{{- end }}
{{- with .credentials.assumeRoleARN }}
- --role-arn={{ . }}
{{- end }}
{{- with .credentials.assumeRoleExternalID }}
- --role-external-id={{ . }}
{{- end }}
{{- with .network.vpcId }}
- --vpc-id={{ . }}
{{- end }}
{{- with .network.vswitchId }}
- --vswitch-id={{ . }}
{{- end }}
{{- with .network.zoneId }}
- --zone-id={{ . }}
{{- end }}
{{- with .network.allowedVpcs }}
- --allowed-vpcs={{ join "," . }}
{{- end }}
{{- with .network.whitelist }}
- --whitelist={{ join "," . }}
{{- end }}
{{- with .network.brokerAddresses }}
- --broker-addresses={{ join "," . }}
{{- end }}
{{- range $product, $url := .endpoints }}
- --endpoint={{ $product }}={{ $url }}
{{- end }}
{{- with .ossEndpoint }}
- --oss-endpoint={{ . }}
{{- end }}
{{- if .insecureEndpoints }}
- --insecure-endpoints
{{- end }}
{{- with .console }}
- --console={{ . }}
{{- end }}
{{- range $service, $page := .consolePages }}
- {{ printf "--console-page=%s=%s" $service $page | quote }}
{{- end }}
{{- end }}
{{- with $v.catalog.prefix }}
- --catalog-prefix={{ . }}
{{- end }}
{{- if $v.catalog.overlay }}
- --catalog-file={{ $etc }}/catalog/catalog.yaml
{{- end }}
{{- if $v.cloud.profiles }}
- --profile-file={{ $etc }}/profiles/profiles.yaml
{{- end }}
{{- if trim $v.cloud.mysqlCA }}
- --mysql-ca-file={{ $etc }}/mysql-ca/ca.crt
{{- end }}
{{- if or $v.cloud.clusters $v.cloud.defaultCluster }}
- --clusters-file={{ $etc }}/clusters/clusters.yaml
{{- end }}
{{- with $v.broker.maxConnections }}
- --max-connections={{ . | int }}
{{- end }}
{{- with $v.broker.opsMaxConnections }}
- --ops-max-connections={{ . | int }}
{{- end }}
{{- if $v.broker.dropUnfinishedBinds }}
- --drop-unfinished-binds
{{- end }}
- --drain-delay={{ $v.drain.delaySeconds }}s
- --drain-time={{ $v.drain.requestSeconds }}s
- --v={{ $v.broker.verbosity }}
{{- range $v.broker.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Volumes of files that these flags name; a line each of name, folder and source. */}}
{{- define "alibabacloud-servicebroker.volumes" -}}
{{- $v := .Values -}}
{{- if or $v.auth.basic $v.auth.bearer }}
- name: auth
  secret:
    secretName: {{ include "alibabacloud-servicebroker.authSecret" . }}
    items:
      {{- if $v.auth.basic }}
      - {key: users, path: users}
      {{- end }}
      {{- if $v.auth.bearer }}
      - {key: tokens, path: tokens}
      {{- end }}
{{- end }}
{{- if ne $v.tls.mode "none" }}
- name: tls
  secret:
    secretName: {{ include "alibabacloud-servicebroker.tlsSecret" . }}
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
{{- end }}
{{- with $v.auth.clientCASecret }}
- name: client-ca
  secret:
    secretName: {{ . }}
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
{{- if $v.operator.enabled }}
- name: operator
  secret:
    secretName: {{ include "alibabacloud-servicebroker.operatorSecret" . }}
    items: [{key: tokens, path: tokens}]
{{- end }}
{{- with $v.cloud.credentials.existingSecret }}
- name: cloud
  secret:
    secretName: {{ . }}
    optional: true # the broker serves what it knows while the key is missing
{{- end }}
{{- if $v.cloud.profiles }}
- name: profiles
  configMap:
    name: {{ include "alibabacloud-servicebroker.fullname" . }}-profiles
{{- end }}
{{- range $name, $profile := $v.cloud.profiles }}
{{- with $profile.existingSecret }}
- name: profile-{{ $name }}
  secret:
    secretName: {{ . }}
    optional: true # the other profiles go on
{{- end }}
{{- end }}
{{- if $v.catalog.overlay }}
- name: catalog
  configMap:
    name: {{ include "alibabacloud-servicebroker.fullname" . }}-catalog
{{- end }}
{{- if trim $v.cloud.mysqlCA }}
- name: mysql-ca
  configMap:
    name: {{ include "alibabacloud-servicebroker.fullname" . }}-mysql-ca
{{- end }}
{{- if or $v.cloud.clusters $v.cloud.defaultCluster }}
- name: clusters
  configMap:
    name: {{ include "alibabacloud-servicebroker.fullname" . }}-clusters
{{- end }}
{{- end -}}

{{/* RRSA without ACK's webhook: what the webhook would put into the pod. */}}
{{- define "alibabacloud-servicebroker.rrsaEnv" -}}
{{- with .Values.cloud.credentials.rrsa }}
{{- if .roleARN }}
- name: ALIBABA_CLOUD_ROLE_ARN
  value: {{ .roleARN | quote }}
- name: ALIBABA_CLOUD_OIDC_PROVIDER_ARN
  value: {{ .oidcProviderARN | quote }}
- name: ALIBABA_CLOUD_OIDC_TOKEN_FILE
  value: /var/run/secrets/rrsa/token
{{- end }}
{{- end }}
{{- end -}}

{{/* Go's soft limit of memory: four fifths of the container's, in bytes. The rest is for the store's mapped file. Nothing
without a limit, for one in an unusual unit, or where extraEnv sets it. */}}
{{- define "alibabacloud-servicebroker.goMemLimit" -}}
{{- $limit := dig "limits" "memory" "" (.Values.resources | default dict) | toString -}}
{{- range .Values.extraEnv }}
{{- if eq .name "GOMEMLIMIT" }}
{{- $limit = "" }}
{{- end }}
{{- end }}
{{- if $limit -}}
{{- $number := regexFind "^[0-9.]+(e[+]?[0-9]+)?" $limit -}}
{{- $unit := trimPrefix $number $limit -}}
{{- $factors := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- if and $number (hasKey $factors $unit) -}}
{{- printf "%.0f" (mulf (float64 $number) (get $factors $unit) 0.8) -}}
{{- end -}}
{{- end -}}
{{- end -}}
