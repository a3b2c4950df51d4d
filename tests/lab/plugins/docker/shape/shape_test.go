package shape

import (
	"reflect"
	"sort"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var sample = Shape{
	"name":    {Required: true, AutoName: true, Replace: true},
	"restart": {Default: "no"},
	"rm":      {Kind: Bool, Default: false},
	"memory":  {Kind: Int},
	"shmSize": {Kind: Int, Computed: true, Replace: true},
	"user":    {EmptyKeeps: true, Replace: true},
	"labels":  {Kind: Set, Replace: true, Of: Shape{"label": {Required: true}, "value": {Required: true}}},
	"options": {Kind: Map, Replace: true},
	"ports":   {Kind: List, Replace: true, Of: Shape{"internal": {Kind: Int, Required: true}, "external": {Kind: Int, Computed: true}}},
	"scope":   {Output: true},
}

func props(m map[string]any) resource.PropertyMap { return resource.NewPropertyMapFromMap(m) }

func label(name, value string) map[string]any { return map[string]any{"label": name, "value": value} }

func TestCheckFillsInDefaults(t *testing.T) {
	inputs, failures := sample.Check("agent", nil, props(map[string]any{"memory": "64"}))
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	if inputs["restart"].StringValue() != "no" || inputs["memory"].NumberValue() != 64 {
		t.Errorf("inputs: %v", inputs)
	}
	if _, written := inputs["rm"]; written {
		t.Error("a default that is the zero of its kind is not written")
	}
	name := inputs["name"].StringValue()
	if len(name) != len("agent-")+7 {
		t.Errorf("automatic name %q", name)
	}
	again, _ := sample.Check("agent", inputs, props(map[string]any{}))
	if again["name"].StringValue() != name {
		t.Errorf("the automatic name changed from %q to %q", name, again["name"].StringValue())
	}
}

func TestCheckRefuses(t *testing.T) {
	for property, news := range map[string]map[string]any{
		"scope":           {"scope": "local"},
		"colour":          {"colour": "red"},
		"memory":          {"memory": 1.5},
		"labels[0].value": {"labels": []any{map[string]any{"label": "a"}}},
	} {
		_, failures := sample.Check("agent", nil, props(news))
		if len(failures) != 1 || failures[0].Property != property {
			t.Errorf("%v: %v", news, failures)
		}
	}
}

func TestCompare(t *testing.T) {
	state := map[string]any{
		"name": "a", "restart": "no", "rm": false, "memory": 0, "shmSize": 64, "user": "root", "scope": "local",
		"labels":  []any{label("a", "1"), label("b", "2")},
		"options": map[string]any{"parent": "eth0"},
		"ports":   []any{map[string]any{"internal": 80, "external": 32768}},
	}
	base := map[string]any{
		"name": "a", "labels": state["labels"], "options": state["options"], "ports": []any{map[string]any{"internal": 80}},
	}
	for name, test := range map[string]struct {
		change  map[string]any
		paths   []string
		replace bool
	}{
		"nothing":                    {},
		"the order of a set":         {change: map[string]any{"labels": []any{label("b", "2"), label("a", "1")}}},
		"zero for nothing":           {change: map[string]any{"memory": 0, "rm": false}},
		"a limit":                    {change: map[string]any{"memory": 64}, paths: []string{"memory"}},
		"an engine's value":          {change: map[string]any{"shmSize": 32}, paths: []string{"shmSize"}, replace: true},
		"an element of a set":        {change: map[string]any{"labels": []any{label("a", "1"), label("b", "3")}}, paths: []string{"labels[1].value"}, replace: true},
		"one more element of a set":  {change: map[string]any{"labels": []any{label("a", "1"), label("b", "2"), label("c", "")}}, paths: []string{"labels[2]"}, replace: true},
		"no set any more":            {change: map[string]any{"labels": nil}, paths: []string{"labels"}, replace: true},
		"an entry of a map":          {change: map[string]any{"options": map[string]any{"parent": "eth1"}}, paths: []string{"options.parent"}, replace: true},
		"a key with dots":            {change: map[string]any{"options": map[string]any{"parent": "eth0", "a.b": "c"}}, paths: []string{`options["a.b"]`}, replace: true},
		"an element's fixed outside": {change: map[string]any{"ports": []any{map[string]any{"internal": 80, "external": 8080}}}, paths: []string{"ports[0].external"}, replace: true},
	} {
		news := props(base)
		for key, value := range test.change {
			news[resource.PropertyKey(key)] = resource.NewPropertyValue(value)
		}
		inputs, failures := sample.Check("a", nil, news)
		if len(failures) > 0 {
			t.Fatal(name, failures)
		}
		changes := sample.Compare(props(state), sample.Plan(props(state), inputs))
		response := changes.Response(sample, sample.NamedByProgram(inputs))
		var paths []string
		for path := range changes {
			paths = append(paths, path)
		}
		sort.Strings(paths)
		if !reflect.DeepEqual(paths, test.paths) || (len(response.Replaces) > 0) != test.replace {
			t.Errorf("%s: %v, replaces %v", name, paths, response.Replaces)
		}
		if response.DeleteBeforeReplace != test.replace {
			t.Errorf("%s: a name that the program chose must be free before it is used again", name)
		}
	}
}

func TestUnknownReplacesWhereItMust(t *testing.T) {
	state := props(map[string]any{"name": "a", "restart": "no", "options": map[string]any{"parent": "eth0"}})
	for property, replaces := range map[resource.PropertyKey]bool{"name": true, "memory": false} {
		inputs := state.Copy()
		inputs[property] = Unknown()
		response := sample.Compare(state, sample.Plan(state, inputs)).Response(sample, false)
		if len(response.Diffs) != 1 || (len(response.Replaces) == 1) != replaces {
			t.Errorf("%s: diffs %v, replaces %v", property, response.Diffs, response.Replaces)
		}
	}
}

func TestApplied(t *testing.T) {
	inputs, _ := sample.Check("a", nil, props(map[string]any{"name": "a", "labels": []any{label("a", "1")}}))
	got := props(map[string]any{"labels": []any{label("a", "changed")}, "memory": 0})
	state := sample.Applied(sample.Plan(nil, inputs), got)
	if !state["labels"].DeepEquals(inputsWithoutDefaults(inputs["labels"])) || state["memory"].NumberValue() != 0 {
		t.Errorf("of a set, the plan stays: %v", state)
	}
}

func inputsWithoutDefaults(labels resource.PropertyValue) resource.PropertyValue {
	pairs := []resource.PropertyValue{}
	for _, pair := range labels.ArrayValue() {
		object := pair.ObjectValue().Copy()
		delete(object, defaultsKey)
		pairs = append(pairs, resource.NewObjectProperty(object))
	}
	return resource.NewArrayProperty(pairs)
}

func TestSettleAndRefresh(t *testing.T) {
	inputs, _ := sample.Check("a", nil, props(map[string]any{"name": "a", "labels": []any{label("a", "1"), label("b", "2")}}))
	planned := sample.Plan(nil, inputs)
	if !planned["shmSize"].IsComputed() || !planned["scope"].IsComputed() {
		t.Errorf("what the engine chooses is unknown in a plan: %v", planned)
	}
	state := sample.Read(planned, props(map[string]any{
		"shmSize": 64, "options": map[string]any{}, "labels": []any{label("b", "2"), label("a", "3")},
	}))
	if !state["scope"].IsNull() || !state["options"].IsNull() || state["shmSize"].NumberValue() != 64 {
		t.Errorf("state: %v", state)
	}
	today := sample.Refreshed(inputs, state)
	if _, taken := today["shmSize"]; taken {
		t.Error("a refresh takes up nothing that the program did not give")
	}
	want := props(map[string]any{"labels": []any{label("a", "3"), label("b", "2")}})["labels"]
	if !inputsWithoutDefaults(today["labels"]).DeepEquals(want) {
		t.Errorf("labels: %v", today["labels"])
	}
	if list := today[defaultsKey]; len(list.ArrayValue()) != 1 {
		t.Errorf("a default that nobody changed is one after a refresh: %v", list)
	}
	state["restart"] = resource.NewStringProperty("always")
	if list := sample.Refreshed(inputs, state)[defaultsKey]; len(list.ArrayValue()) != 0 {
		t.Errorf("a default that changed outside is none after a refresh: %v", list)
	}
}
