package providers

// Keys of credentials that mean the same for every service. Others are the
// service's own.
const (
	CredentialHost     = "host"     // name or address to connect to
	CredentialPort     = "port"     // decimal
	CredentialEndpoint = "endpoint" // URL, where the service is spoken to by HTTP
)
