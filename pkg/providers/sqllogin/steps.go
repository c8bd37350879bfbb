package sqllogin

import (
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// The steps. Before StepLogin a binding has nothing of its own on the server.
const (
	stepOwner    = "owner"    // the two roles of a database
	stepDatabase = "database" // is made where it is missing
	stepSchema   = "schema"   // the rights in a database
	StepLogin    = "login"    // makes the login
	stepReadable = "readable" // what exists, for the reader role
	stepClose    = "close-login"
	stepDisown   = "disown" // what the login owns in a database
	stepDrop     = "drop-login"
)

// The frozen requests of the steps. The password stays in the sealed plan.
type (
	// A databaseRequest is about one database and its roles.
	databaseRequest struct {
		Database      Database
		Owner, Reader string
		Mark          string // comment on the roles and the database
	}
	// A loginRequest is about the login of a binding.
	loginRequest struct {
		Name, Comment string
		Access        string            `json:",omitempty"`
		Databases     []databaseRequest `json:",omitempty"`
	}
	// A disownRequest is about what a login owns in one database.
	disownRequest struct {
		Name, Comment string
		Database      string
		Owner         string // takes it
		Reader        string `json:",omitempty"`
	}
)

// requestsOf returns the requests about the databases that a binding may enter.
func requestsOf(t providers.Task, p plan, s Server) []databaseRequest {
	var all []databaseRequest
	for _, d := range p.databases(s) {
		all = append(all, requestOf(t.Of.Life, d))
	}
	return all
}

func requestOf(l providers.Life, d Database) databaseRequest {
	return databaseRequest{Database: d, Owner: ownerName(l, d.Name), Reader: readerName(l, d.Name), Mark: mark(l, d.Name)}
}

const (
	textMaking  = "The login of the database is being created."
	textEnding  = "The login of the database is being removed."
	textForeign = "A role or a database of the broker's name is on the server, and belongs to something else; the broker leaves it alone. Ask the operator of the broker."
)

// nextToMake returns the next step towards a binding that exists. The caller adds the
// credentials to Done.
func nextToMake(t providers.Task, p plan, s Server, found state) providers.Step {
	switch {
	case found.noInstance:
		return providers.FailStep(providers.Broken, "The database server is not there; delete the service instance.")
	case found.roles == nil:
		return providers.WaitStep("server", providers.Slow, "The database server has no address yet.")
	}
	login, isThere := found.roles[p.Username]
	if isThere && !found.own {
		return providers.FailStep(providers.Invalid, "The Username is in use on this instance; choose another, or leave it out.")
	}
	requests := requestsOf(t, p, s)
	isRight := isThere
	for _, r := range requests {
		if step, ok := nextForDatabase(found, r); ok {
			return step
		}
		d := found.databases[r.Database.Name]
		isRight = isRight && d.isMember && (p.Access == readOnly || d.worksAs == settingOf(r.Owner))
	}
	if !isRight {
		return once(found, StepLogin, "", textMaking, loginRequest{Name: p.Username, Comment: p.Description, Access: p.Access, Databases: requests})
	}
	for _, r := range requests {
		if p.Access == readOnly && t.Facts.Open[factReadable+r.Owner] == "" && login.hasLogin {
			return once(found, stepReadable, r.Database.Name, "The database is being made readable.", r)
		}
	}
	return providers.DoneStep(nil)
}

// nextForDatabase returns the next step towards a database with its roles; ok is false
// once they are there.
func nextForDatabase(found state, r databaseRequest) (step providers.Step, ok bool) {
	const making = "The database is being created."
	owner, hasOwner := found.roles[r.Owner]
	reader, hasReader := found.roles[r.Reader]
	d := found.databases[r.Database.Name]
	switch {
	case hasOwner && owner.comment != r.Mark, hasReader && reader.comment != r.Mark:
		return providers.FailStep(providers.Broken, textForeign), true
	case !hasOwner || !hasReader || !d.isManaged && d.owner != "":
		return once(found, stepOwner, r.Database.Name, making, r), true
	case d.owner == "":
		return once(found, stepDatabase, r.Database.Name, making, r), true
	case d.owner != r.Owner && d.owner != found.admin:
		return providers.FailStep(providers.Broken, textForeign), true
	case d.comment != r.Mark || d.owner != r.Owner:
		return once(found, stepSchema, r.Database.Name, making, r), true
	}
	return providers.Step{}, false
}

// settingOf is the setting that lets the sessions of a login work as a role. Names of
// roles need no quotes: see ownerName.
func settingOf(role string) string { return "role=" + role }

// once returns the step, with its target, or the wait for its effect.
func once(found state, name, target, text string, request any) providers.Step {
	step := effect.Once(found.asked, name, text, request)
	step.Target = target
	return step
}

// nextToEnd closes the login, hands on what it owns, and drops it. The end of its time
// closes it alone.
func nextToEnd(t providers.Task, p plan, s Server, found state) providers.Step {
	switch {
	case !found.own:
		return providers.DoneStep(nil)
	case found.isOpen(p):
		return nextToClose(p, found)
	case t.Expire:
		return providers.DoneStep(nil)
	case len(found.owns) > 0:
		return once(found, stepDisown, found.owns[0], textEnding, disownOf(t, p, s, found))
	}
	return once(found, stepDrop, "", textEnding, loginRequest{Name: p.Username, Comment: p.Description})
}

// nextToClose closes the login for new sessions, and ends its open ones.
func nextToClose(p plan, found state) providers.Step {
	return once(found, stepClose, "", textEnding, loginRequest{Name: p.Username, Comment: found.roles[p.Username].comment})
}

// disownOf returns the request about the first database where the login has
// something. In another one than ours, the first owner role takes it.
func disownOf(t providers.Task, p plan, s Server, found state) disownRequest {
	name := found.owns[0]
	r := disownRequest{Name: p.Username, Comment: found.roles[p.Username].comment, Database: name, Owner: ownerName(t.Of.Life, s.Databases[0].Name)}
	if i := slices.IndexFunc(s.Databases, func(d Database) bool { return strings.EqualFold(d.Name, name) }); i >= 0 {
		r.Owner, r.Reader = ownerName(t.Of.Life, s.Databases[i].Name), readerName(t.Of.Life, s.Databases[i].Name)
	}
	return r
}
