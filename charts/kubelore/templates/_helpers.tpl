{{- define "kubelore.image" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}
{{- with $root.Values.image.registry }}{{ . }}/{{ end }}{{ $name }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end -}}

{{- define "kubelore.labels" -}}
app.kubernetes.io/name: kubelore
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: kubelore
{{- end -}}

{{- define "kubelore.selector" -}}
app.kubernetes.io/name: kubelore
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "kubelore.namespaces" -}}
{{- .Values.namespaces | default (list .Release.Namespace) | toJson -}}
{{- end -}}

{{- define "kubelore.storageSecret" -}}
{{- .Values.storage.existingSecret | default "kubelore-storage" -}}
{{- end -}}

{{- define "kubelore.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "kubelore.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "kubelore.oidc" -}}
{{- if .issuer -}}
- {name: KUBELORE_OIDC_ISSUER, value: {{ .issuer | quote }}}
- {name: KUBELORE_OIDC_AUDIENCE, value: {{ required "gateway.oidc.audience must be set where gateway.oidc.issuer is" .audience | quote }}}
- {name: KUBELORE_OIDC_JWKS_URL, value: {{ .jwksURL | quote }}}
- {name: KUBELORE_OIDC_ALGORITHMS, value: {{ join "," .algorithms | quote }}}
- {name: KUBELORE_OIDC_TENANT_CLAIM, value: {{ .tenantClaim | quote }}}
- {name: KUBELORE_OIDC_GROUPS_CLAIM, value: {{ .groupsClaim | quote }}}
- {name: KUBELORE_OIDC_ROLES_CLAIM, value: {{ .rolesClaim | quote }}}
{{- end -}}
{{- end -}}
