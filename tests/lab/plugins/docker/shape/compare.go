package shape

import (
	"fmt"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Changes is what differs between a state and a plan, by property path.
type Changes map[string]*rpc.PropertyDiff

// Compare names every property whose planned value differs from the state.
func (s Shape) Compare(state, planned resource.PropertyMap) Changes {
	changes := Changes{}
	for key, field := range s {
		field.compare(changes, string(key), field.Replace, state[key], planned[key])
	}
	return changes
}

// Ignore takes out the changes beneath the given paths.
func (c Changes) Ignore(paths []string) {
	for changed := range c {
		for _, path := range paths {
			rest, beneath := strings.CutPrefix(changed, path)
			if path == "*" || (beneath && (rest == "" || rest[0] == '.' || rest[0] == '[')) {
				delete(c, changed)
			}
		}
	}
}

// Response is the answer to the engine. deleteFirst: the old object goes before the new one is made.
func (c Changes) Response(s Shape, deleteFirst bool) *rpc.DiffResponse {
	response := &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: c}
	replaced := map[string]bool{}
	diffs := map[string]bool{}
	for path, change := range c {
		top := path
		if end := strings.IndexAny(path, ".["); end > 0 {
			top = path[:end]
		}
		diffs[top] = true
		switch change.Kind {
		case rpc.PropertyDiff_ADD_REPLACE, rpc.PropertyDiff_UPDATE_REPLACE, rpc.PropertyDiff_DELETE_REPLACE:
			replaced[top] = true
		}
	}
	if len(diffs) > 0 {
		response.Changes = rpc.DiffResponse_DIFF_SOME
	}
	for key, field := range s {
		if field.Replace && !replaced[string(key)] {
			response.Stables = append(response.Stables, string(key))
		}
	}
	for key := range diffs {
		response.Diffs = append(response.Diffs, key)
	}
	for key := range replaced {
		response.Replaces = append(response.Replaces, key)
	}
	sort.Strings(response.Stables)
	sort.Strings(response.Diffs)
	sort.Strings(response.Replaces)
	response.DeleteBeforeReplace = deleteFirst && len(replaced) > 0
	return response
}

// NamedByProgram says that the program chose the object's name: two objects of that name cannot be there at once.
func (s Shape) NamedByProgram(inputs resource.PropertyMap) bool {
	for key, field := range s {
		if _, given := inputs[key]; given && field.AutoName && !wasDefault(inputs, key) {
			return true
		}
	}
	return false
}

func (c Changes) note(path string, replace bool, old, planned resource.PropertyValue) {
	kind := rpc.PropertyDiff_UPDATE
	switch {
	case old.IsNull():
		kind = rpc.PropertyDiff_ADD
	case planned.IsNull():
		kind = rpc.PropertyDiff_DELETE
	}
	if replace {
		// Each kind is followed by its replacing twin.
		kind++
	}
	c[path] = &rpc.PropertyDiff{Kind: kind}
}

func (f Field) compare(c Changes, path string, replace bool, old, planned resource.PropertyValue) {
	switch {
	case isEmpty(old) && isEmpty(planned), f.Same != nil && f.Same(old, planned):
	case isUnknown(planned), isEmpty(old), isEmpty(planned) && isCollection(old):
		c.note(path, replace, old, planned)
	case f.Kind == Map || f.Kind == Block:
		f.compareObjects(c, path, replace, old, planned)
	case f.Kind == Set:
		f.compareSets(c, path, replace, old, planned)
	case f.Kind == List:
		f.compareLists(c, path, replace, old, planned)
	case !old.DeepEquals(planned):
		c.note(path, replace, old, planned)
	}
}

func (f Field) element() Field {
	if f.Of != nil {
		return Field{Kind: Block, Of: f.Of}
	}
	return Field{Kind: String}
}

func (f Field) compareObjects(c Changes, path string, replace bool, old, planned resource.PropertyValue) {
	if !old.IsObject() || !planned.IsObject() {
		c.note(path, replace, old, planned)
		return
	}
	keys := map[resource.PropertyKey]bool{}
	for key := range old.ObjectValue() {
		keys[key] = true
	}
	for key := range planned.ObjectValue() {
		keys[key] = true
	}
	for key := range keys {
		if key == defaultsKey {
			continue
		}
		a, b := old.ObjectValue()[key], planned.ObjectValue()[key]
		if f.Kind == Map {
			// An entry with an empty text is an entry.
			if !a.DeepEquals(b) {
				c.note(mapPath(path, key), replace, a, b)
			}
			continue
		}
		f.Of[key].compare(c, join(path, key), replace, a, b)
	}
}

func mapPath(path string, key resource.PropertyKey) string {
	if strings.ContainsAny(string(key), `."[]`) {
		return fmt.Sprintf("%s[%q]", path, string(key))
	}
	return join(path, key)
}

func (f Field) compareLists(c Changes, path string, replace bool, old, planned resource.PropertyValue) {
	a, b := elements(old), elements(planned)
	for i := 0; i < max(len(a), len(b)); i++ {
		f.compareElements(c, fmt.Sprintf("%s[%d]", path, i), replace, at(a, i), at(b, i))
	}
}

// compareSets pairs what left the set with what came in at the same place, so that a changed element reads as one.
func (f Field) compareSets(c Changes, path string, replace bool, old, planned resource.PropertyValue) {
	a, b := elements(old), elements(planned)
	left, came := missing(a, b), missing(b, a)
	for i := 0; i < max(len(a), len(b)); i++ {
		x, y := resource.NewNullProperty(), resource.NewNullProperty()
		if left[i] {
			x = a[i]
		}
		if came[i] {
			y = b[i]
		}
		f.compareElements(c, fmt.Sprintf("%s[%d]", path, i), replace, x, y)
	}
}

// compareElements never takes an empty element for no element.
func (f Field) compareElements(c Changes, path string, replace bool, old, planned resource.PropertyValue) {
	if old.IsNull() != planned.IsNull() {
		c.note(path, replace, old, planned)
		return
	}
	f.element().compare(c, path, replace, old, planned)
}

// missing marks the elements of a that b does not have.
func missing(a, b []resource.PropertyValue) map[int]bool {
	has := map[string]bool{}
	for _, element := range b {
		has[identity(element)] = true
	}
	marks := map[int]bool{}
	for i, element := range a {
		marks[i] = !has[identity(element)]
	}
	return marks
}

func elements(value resource.PropertyValue) []resource.PropertyValue {
	if value.IsArray() {
		return value.ArrayValue()
	}
	return nil
}

func at(list []resource.PropertyValue, i int) resource.PropertyValue {
	if i < len(list) {
		return list[i]
	}
	return resource.NewNullProperty()
}

// Touches says that a property, or something beneath it, changes.
func (c Changes) Touches(key string) bool {
	for path := range c {
		if rest, beneath := strings.CutPrefix(path, key); beneath && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}
