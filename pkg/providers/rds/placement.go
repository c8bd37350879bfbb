package rds

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/network"
)

// autoZone leaves the zone of the standby to the cloud.
const autoZone = "Auto"

// mostZones is the number of zones with a VSwitch that an order considers.
const mostZones = 5

// An offer is one way to make an instance.
type offer struct {
	place   network.Place
	standby network.Place // of the user's choice; empty: the cloud's
	class   string
}

func (o offer) String() string { return o.place.ZoneID + " " + o.class }

// factSoldOut are the offers that the cloud refused as sold out in this operation, with
// commas between. factClass is the class that was ordered in place of the plan's.
const (
	factSoldOut = "sold_out"
	factClass   = "class"
)

// refusedOffers returns the offers that were refused in this operation: the fact of an
// earlier one tells of stocks of another day.
func refusedOffers(t providers.Task) []string {
	text := t.Facts.Open[factSoldOut]
	if text == "" || !slices.ContainsFunc(t.Refused, isCreate) {
		return nil
	}
	return strings.Split(text, ",")
}

var createSteps = regexp.MustCompile(`^` + stepCreate + `(-[a-z])?$`)

// isCreate reports whether a step orders an instance.
func isCreate(step string) bool {
	return createSteps.MatchString(step) || createSteps.MatchString(strings.TrimSuffix(step, "-marks"))
}

// alphabet has the endings of the steps after refused offers.
const alphabet = "abcdefghijklmnopqrstuvwxyz"

// createStep returns the name of the step that orders an instance after a number of
// refused offers: the request of a step never changes.
func createStep(refused int) string {
	if refused == 0 {
		return stepCreate
	}
	return stepCreate + "-" + alphabet[min(refused, len(alphabet)-1):][:1]
}

// marketOf returns the market of a plan's kind of instance.
func (r reach) marketOf(plan instancePlan) market {
	return market{client: r.client(), memory: r.sold, key: soldKey{
		scope: r.profile.Name + " " + r.region, engine: plan.Engine, version: plan.EngineVersion,
		category: plan.Category, storageType: plan.StorageType,
	}}
}

// offer returns the best way to make an instance that is left: in the first zone with the
// plan's class, else with the classes in its place. The Failure tells the user where there
// is none.
func (r reach) offer(ctx context.Context, t providers.Task, plan instancePlan) (offer, *providers.Failure, error) {
	chooser := r.chooser()
	chooser.Zones = plan.Zones
	places, failure, err := chooser.Places(ctx, network.Place{VpcID: plan.VpcID, VSwitchID: plan.VSwitchID, ZoneID: plan.ZoneID})
	if failure != nil || err != nil {
		return offer{}, failure, err
	}
	standby, places, failure, err := standbyOf(ctx, chooser, plan, places)
	if failure != nil || err != nil {
		return offer{}, failure, err
	}
	s := sale{
		market: r.marketOf(plan), plan: plan, places: places[:min(len(places), mostZones)], refused: refusedOffers(t),
		sold: map[string]map[string]bounds{},
	}
	if s.zones, s.known, err = s.market.zones(ctx); err != nil {
		return offer{}, nil, err
	}
	for _, class := range append([]string{plan.Class}, plan.Classes...) {
		for _, place := range s.places {
			o := offer{place, standby, class}
			if isSold, err := s.has(ctx, o); isSold || err != nil {
				return o, nil, err
			}
		}
	}
	failure, err = s.failure(ctx)
	return offer{}, failure, err
}

// standbyOf resolves the user's wishes for the standby, and puts places in its zone last.
func standbyOf(ctx context.Context, chooser network.Chooser, plan instancePlan, places []network.Place) (network.Place, []network.Place, *providers.Failure, error) {
	if plan.StandbyVSwitchID == "" && (plan.StandbyZoneID == "" || plan.StandbyZoneID == autoZone) {
		return network.Place{}, places, nil, nil
	}
	wish := network.Place{VpcID: places[0].VpcID, VSwitchID: plan.StandbyVSwitchID, ZoneID: plan.StandbyZoneID}
	if wish.ZoneID == autoZone {
		wish.ZoneID = ""
	}
	standby, failure, err := chooser.Choose(ctx, wish)
	if failure != nil || err != nil {
		if failure != nil {
			failure = providers.Failf(failure.Kind, "The standby: %s", strings.NewReplacer("VSwitchID", "StandbyVSwitchID", "ZoneId", "StandbyZoneId").Replace(failure.Text))
		}
		return standby, nil, failure, err
	}
	if len(places) == 1 && places[0].ZoneID == standby.ZoneID && plan.StandbyVSwitchID != "" {
		return standby, nil, providers.Failf(providers.Invalid, "The VSwitches of the server and of its standby are both in zone %s; choose a StandbyVSwitchID in another zone, or leave it out.", standby.ZoneID), nil
	}
	slices.SortStableFunc(places, func(a, b network.Place) int {
		return strings.Compare(fmt.Sprint(a.ZoneID == standby.ZoneID), fmt.Sprint(b.ZoneID == standby.ZoneID))
	})
	return standby, places, nil, nil
}

// A sale is what the zones with a VSwitch sell of a plan's kind of instance.
type sale struct {
	market market
	plan   instancePlan
	places []network.Place
	// refused are the offers that the cloud refused in this operation.
	refused []string

	known bool                         // false: the cloud does not tell
	zones []string                     // of the region
	sold  map[string]map[string]bounds // the classes by zone; a zone that does not tell is missing
}

// lookAt asks what a zone sells, once.
func (s *sale) lookAt(ctx context.Context, zone string) error {
	if !slices.Contains(s.zones, zone) || s.sold[zone] != nil {
		return nil
	}
	classes, known, err := s.market.classes(ctx, zone)
	if err == nil && known {
		s.sold[zone] = classes
	}
	return err
}

// has reports whether an offer is sold as far as the cloud tells, and was not refused.
func (s *sale) has(ctx context.Context, o offer) (bool, error) {
	zone := o.place.ZoneID
	switch {
	case slices.Contains(s.refused, o.String()):
		return false, nil
	case !s.known:
		return true, nil
	case !slices.Contains(s.zones, zone):
		return false, nil
	}
	if err := s.lookAt(ctx, zone); err != nil {
		return false, err
	}
	return s.sold[zone] == nil || s.sells(zone, o.class), nil
}

// sells reports whether a zone sells a class with the storage of the plan.
func (s *sale) sells(zone, class string) bool {
	b, ok := s.sold[zone][class]
	size := float64(s.plan.Storage)
	return ok && (b.Max == 0 || size >= b.Min && size <= b.Max && math.Mod(size, float64(b.Step)) == 0)
}

// failure names what is sold in place of what is not.
func (s *sale) failure(ctx context.Context) (*providers.Failure, error) {
	var mine, here, elsewhere, classes []string
	for _, place := range s.places {
		mine = append(mine, place.ZoneID)
	}
	for _, zone := range s.zones[:min(len(s.zones), 2*mostZones)] {
		if err := s.lookAt(ctx, zone); err != nil {
			return nil, err
		}
		for class := range s.sold[zone] {
			if slices.Contains(mine, zone) && s.sells(zone, class) && !slices.Contains(s.refused, (offer{place: network.Place{ZoneID: zone}, class: class}).String()) {
				classes = append(classes, class)
			}
		}
		if !slices.Contains(mine, zone) && s.sells(zone, s.plan.Class) {
			elsewhere = append(elsewhere, zone)
		}
	}
	for _, list := range []*[]string{&mine, &here, &elsewhere, &classes} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	p := s.plan
	text := fmt.Sprintf("Class %s with %s %s, Category %s, StorageType %s and %d GB is not sold in zone %s now.",
		p.Class, p.Engine, p.EngineVersion, p.Category, p.StorageType, p.Storage, strings.Join(mine, ", "))
	if len(elsewhere) > 0 {
		text += fmt.Sprintf(" It is sold in zone %s: choose a ZoneId, or a VSwitchID there.", some(elsewhere))
	}
	if len(classes) > 0 {
		text += fmt.Sprintf(" Zone %s sells the Class %s: choose one of them by a plan or by Class.", strings.Join(mine, ", "), some(classes))
	}
	if len(elsewhere)+len(classes) == 0 {
		text += " Choose another plan, EngineVersion or StorageType, or another region."
	}
	return providers.Failf(providers.SoldOut, "%s", text), nil
}

// nextOrder orders the offer of the look. Where the cloud has refused it since, the next
// look finds another one, or names alternatives.
func nextOrder(t providers.Task, plan instancePlan, s instanceState) providers.Step {
	const text = "The database server is being ordered."
	refused, o := refusedOffers(t), s.offer
	if slices.Contains(refused, o.String()) {
		return providers.WaitStep(stepCreate, providers.Quick, text)
	}
	name, tags := t.TagStep(createStep(len(refused)))
	request := createRequest{
		Description: plan.Description, Engine: plan.Engine, EngineVersion: plan.EngineVersion,
		Class: o.class, StorageType: plan.StorageType, Storage: plan.Storage,
		VpcID: o.place.VpcID, VSwitchID: o.place.VSwitchID, ZoneID: o.place.ZoneID,
		SecurityIPs: network.DenyAll, Tags: tags,
		Category: plan.Category, Serverless: plan.Serverless, Protected: plan.Protected, createOptions: plan.createOptions(t),
	}
	if isServerless(plan.Category) {
		request.PayType = serverlessPayType
	}
	if hasStandby(plan.Category) {
		request.SecondZoneID = autoZone
	}
	if o.standby.ZoneID != "" {
		request.SecondZoneID = o.standby.ZoneID
		if o.standby.ZoneID != o.place.ZoneID {
			request.VSwitchID += "," + o.standby.VSwitchID
		}
	}
	return effect.Slowly(s.asked, name, text, request)
}

// isSoldOut reports whether the cloud refused an order since the class, the zone or the
// addresses of the VSwitch are sold out. OperationDenied.OutofUsage means so at an order
// alone (RDS API, CreateDBInstance).
func isSoldOut(err error) bool {
	var e *alicloud.Error
	return errors.Is(err, providers.ErrSoldOut) || errors.As(err, &e) && e.Code == "OperationDenied.OutofUsage"
}

// order makes the call of a step that orders an instance. The offer of a definite refusal
// becomes a fact, so that the next step takes another one.
func (r reach) order(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	request, err := requestOf[createRequest](s)
	if err != nil {
		return providers.Facts{}, err
	}
	plan, err := instancePlanOf(t)
	if err != nil {
		return providers.Facts{}, err
	}
	id, tagged, err := r.client().create(ctx, request, s.Token)
	if isSoldOut(err) {
		refused := append(refusedOffers(t), offer{place: network.Place{ZoneID: request.ZoneID}, class: request.Class}.String())
		r.marketOf(plan).forget(request.ZoneID)
		return open(factSoldOut, strings.Join(refused, ",")), soldOut(err)
	}
	if err != nil {
		return providers.TagsRefused(s.Name, providers.Facts{}, err)
	}
	facts := map[string]string{factInstance: id, factTagged: fmt.Sprint(tagged)}
	if request.Class != plan.Class {
		facts[factClass] = request.Class
	}
	return providers.Facts{Open: facts}, nil
}

// soldOut gives a refusal for lack of stock the class of its meaning.
func soldOut(err error) error {
	if errors.Is(err, providers.ErrSoldOut) {
		return err
	}
	return &providers.Failure{Kind: providers.SoldOut, Text: "The instance class is sold out here; choose another plan, Class or ZoneId.", Cause: err}
}
