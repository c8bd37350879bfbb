package cloud

// DefaultResourceGroup is the id of the account's default resource group, in which
// resources are that name none. The emulator has no Resource Management API.
const DefaultResourceGroup = "rg-acfmdefault00000"
