package shape

import (
	"sort"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Refreshed gives the inputs that the object, as it was read, looks like: only what the inputs of last time had, with
// the values of today. What a program did not set is not taken up.
func (s Shape) Refreshed(inputs, state resource.PropertyMap) resource.PropertyMap {
	today := resource.PropertyMap{}
	for key, old := range inputs {
		value, has := state[key]
		field, known := s[key]
		if key == defaultsKey || !known || !has || value.IsNull() {
			continue
		}
		today[key] = field.refreshed(old, value)
	}
	if filled, has := inputs[defaultsKey]; has && filled.IsArray() {
		today[defaultsKey] = stillDefault(filled, inputs, today)
	}
	return today
}

// stillDefault lists the defaults that have the value they were given: one that changed outside is no default.
func stillDefault(filled resource.PropertyValue, inputs, today resource.PropertyMap) resource.PropertyValue {
	still := []resource.PropertyValue{}
	for _, name := range filled.ArrayValue() {
		if key := resource.PropertyKey(name.StringValue()); today[key].DeepEquals(inputs[key]) {
			still = append(still, name)
		}
	}
	return resource.NewArrayProperty(still)
}

func (f Field) refreshed(old, state resource.PropertyValue) resource.PropertyValue {
	switch {
	case old.IsObject() && state.IsObject() && f.Of != nil:
		return resource.NewObjectProperty(f.Of.Refreshed(old.ObjectValue(), state.ObjectValue()))
	case old.IsObject() && state.IsObject():
		table := resource.PropertyMap{}
		for key := range old.ObjectValue() {
			if value, has := state.ObjectValue()[key]; has && key != defaultsKey {
				table[key] = value
			}
		}
		return resource.NewObjectProperty(table)
	case old.IsArray() && state.IsArray():
		pairs := f.pairs(old.ArrayValue(), state.ArrayValue())
		elements := []resource.PropertyValue{}
		for i, element := range old.ArrayValue() {
			if j, paired := pairs[i]; paired {
				elements = append(elements, f.element().refreshed(element, state.ArrayValue()[j]))
			}
		}
		return resource.NewArrayProperty(elements)
	default:
		return state
	}
}

// pairs finds for each old element the one that it has become: by place in a list, by likeness in a set of objects.
func (f Field) pairs(old, state []resource.PropertyValue) map[int]int {
	pairs := map[int]int{}
	if f.Kind != Set || f.Of == nil {
		for i := range min(len(old), len(state)) {
			pairs[i] = i
		}
		return pairs
	}
	type candidate struct{ i, j, score int }
	candidates := []candidate{}
	for i, a := range old {
		for j, b := range state {
			candidates = append(candidates, candidate{i, j, likeness(a, b)})
		}
	}
	sort.SliceStable(candidates, func(x, y int) bool { return candidates[x].score > candidates[y].score })
	taken := map[int]bool{}
	for _, c := range candidates {
		if _, paired := pairs[c.i]; !paired && !taken[c.j] {
			pairs[c.i] = c.j
			taken[c.j] = true
		}
	}
	return pairs
}

func likeness(a, b resource.PropertyValue) int {
	score := 0
	if !a.IsObject() || !b.IsObject() {
		return score
	}
	for key, value := range a.ObjectValue() {
		if other, has := b.ObjectValue()[key]; has {
			score++
			if value.DeepEquals(other) {
				score += 2
			}
		}
	}
	return score
}
