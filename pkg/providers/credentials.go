package providers

// Keys of credentials with one meaning for every service. Services add their own.
const (
	CredentialHost     = "host"     // name or address to connect to
	CredentialPort     = "port"     // decimal
	CredentialEndpoint = "endpoint" // URL, of services with an HTTP API
	// CredentialProvider names the vendor (servicebinding.io, well-known entry
	// "provider"); its value is CloudProvider.
	CredentialProvider = "provider"
)

// CloudProvider is the vendor of the cloud's services in credentials.
const CloudProvider = "alibaba-cloud"
