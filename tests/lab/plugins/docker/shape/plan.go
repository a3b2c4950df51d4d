package shape

import (
	"encoding/json"
	"sort"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Plan gives the state that inputs lead to. state is nil for an object that is yet to be made: what only the engine
// knows is unknown then, and stays as it is otherwise.
func (s Shape) Plan(state, inputs resource.PropertyMap) resource.PropertyMap {
	planned := resource.PropertyMap{}
	for key, field := range s {
		planned[key] = field.plan(state != nil, state[key], inputs[key])
	}
	return planned
}

func (f Field) plan(exists bool, old, input resource.PropertyValue) resource.PropertyValue {
	switch {
	case isUnknown(input):
		return input
	case f.Output, input.IsNull() && f.Computed:
		// A list that a half-made object never got is looked for again, and may replace the object.
		if exists && !(f.Kind == List && old.IsNull()) {
			return old
		}
		return Unknown()
	case exists && f.EmptyKeeps && isEmpty(input):
		return old
	case input.IsNull():
		if value, has := f.fallback(); has {
			return value
		}
		if exists && isEmpty(old) {
			return old
		}
		return resource.NewNullProperty()
	case f.Kind == Block && input.IsObject():
		var before resource.PropertyMap
		if old.IsObject() {
			before = old.ObjectValue()
		}
		return resource.NewObjectProperty(f.Of.planObject(before, input.ObjectValue()))
	case f.Of != nil && input.IsArray():
		elements := []resource.PropertyValue{}
		for i, element := range input.ArrayValue() {
			if !element.IsObject() {
				elements = append(elements, element)
				continue
			}
			var before resource.PropertyMap
			// Elements of a list are paired by place; those of a set are never paired.
			if f.Kind == List && old.IsArray() && i < len(old.ArrayValue()) && old.ArrayValue()[i].IsObject() {
				before = old.ArrayValue()[i].ObjectValue()
			}
			elements = append(elements, resource.NewObjectProperty(f.Of.planObject(before, element.ObjectValue())))
		}
		return resource.NewArrayProperty(elements)
	case f.Kind == Map && input.IsObject():
		table := resource.PropertyMap{}
		for key, value := range input.ObjectValue() {
			if key != defaultsKey {
				table[key] = value
			}
		}
		return resource.NewObjectProperty(table)
	default:
		return input
	}
}

// planObject is Plan without the properties that hold nothing.
func (s Shape) planObject(state, inputs resource.PropertyMap) resource.PropertyMap {
	planned := s.Plan(state, inputs)
	for key, value := range planned {
		if value.IsNull() {
			delete(planned, key)
		}
	}
	return planned
}

// Applied gives the state after a plan was carried out: what was read from the engine over what was planned. Of a set,
// the plan stays, whatever was read: what the engine made of it shows at the next refresh.
func (s Shape) Applied(planned, got resource.PropertyMap) resource.PropertyMap {
	read := got.Copy()
	for key, field := range s {
		if known := planned[key]; field.isSet() && !known.IsNull() && !known.ContainsUnknowns() {
			delete(read, key)
		}
	}
	return s.Read(planned, read)
}

// Read gives the state that was read over the one before. A collection that was nothing and is read as empty stays
// nothing, and what nobody told stays unset.
func (s Shape) Read(before, got resource.PropertyMap) resource.PropertyMap {
	state := resource.PropertyMap{}
	for key, field := range s {
		value, read := got[key]
		if !read {
			value = before[key]
		}
		if isUnknown(value) || (isCollection(value) && isEmpty(value) && before[key].IsNull()) {
			value = resource.NewNullProperty()
		}
		// Objects in a list or set, and sets of the engine's own, are none rather than unset.
		blocks := field.Of != nil && !field.Output
		if value.IsNull() && field.Kind != Block && (blocks || (field.Kind == Set && field.Computed)) {
			value = resource.NewArrayProperty([]resource.PropertyValue{})
		}
		state[key] = field.ordered(value)
	}
	return state
}

// ordered puts a set into one order whatever order its elements came in, so that two reads never differ.
func (f Field) ordered(value resource.PropertyValue) resource.PropertyValue {
	if f.Kind != Set || !value.IsArray() {
		return value
	}
	elements := append([]resource.PropertyValue{}, value.ArrayValue()...)
	sort.SliceStable(elements, func(i, j int) bool { return identity(elements[i]) < identity(elements[j]) })
	return resource.NewArrayProperty(elements)
}

// identity is a text that two values share exactly when they mean the same: what is empty does not count.
func identity(value resource.PropertyValue) string {
	text, err := json.Marshal(canonical(value))
	if err != nil {
		return value.String()
	}
	return string(text)
}

func canonical(value resource.PropertyValue) any {
	switch {
	case isUnknown(value):
		return map[string]any{"unknown": true}
	case value.IsArray():
		texts := []string{}
		for _, element := range value.ArrayValue() {
			texts = append(texts, identity(element))
		}
		sort.Strings(texts)
		return texts
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			if key != defaultsKey && !isEmpty(element) {
				object[string(key)] = canonical(element)
			}
		}
		return object
	default:
		return value.V
	}
}
