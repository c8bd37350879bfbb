package providers

// Keys of credentials with one meaning for every service. Services add their own.
const (
	CredentialHost     = "host"     // name or address to connect to
	CredentialPort     = "port"     // decimal
	CredentialEndpoint = "endpoint" // URL, of services with an HTTP API
)
