package providers

// An UnbindRule is the plan's rule for the account of a binding that was in use.
// Instances of before have none, which means LockAccount.
type UnbindRule string

// The ways to end the account of a binding.
const (
	// LockAccount refuses further logins and keeps the account's rights, so that
	// objects of the database that it made go on working.
	LockAccount UnbindRule = "lock"
	// DeleteAccount removes the account. Objects that it made may stop working.
	DeleteAccount UnbindRule = "delete"
)

// A LockedAccount is an account of an instance that has outlived its binding. The
// record of the instance lists it.
type LockedAccount struct {
	Name string
	Mark string // text that marks the account in the cloud, as it was when it was locked
	// Holder is the incarnation of the binding that has the account again; empty
	// while it is locked.
	Holder string
}

// An AccountEvent is a change of the accounts that an instance's record lists.
type AccountEvent string

// The events.
const (
	AccountLocked  AccountEvent = "locked"  // it outlives the binding of the task
	AccountTaken   AccountEvent = "taken"   // the binding of the task has it from now on
	AccountRemoved AccountEvent = "removed" // a locked one was deleted, to make room for another
	AccountGone    AccountEvent = "gone"    // it no longer exists, or another one has its name
)

// An AccountChange is an event of one account. It may be stored repeatedly.
type AccountChange struct {
	Event AccountEvent
	Name  string
	Mark  string // of AccountLocked
}
