package firestore

import (
	"maps"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// overlay changes fields for somebody while others hold them: a map is copied when the first change in it is made, and once. So any
// number of changes costs as much as they are and the maps they are in.
type overlay struct {
	fields map[string]*pb.Value
	copied bool
	inner  map[string]*overlay // of the maps that changes were made in
}

// set replaces the value at a path, or removes it when v is nil, which creates no map.
func (o *overlay) set(p fieldPath, v *pb.Value) {
	name := p[0]
	if len(p) > 1 {
		o.setInside(name, p[1:], v)
		return
	}
	o.own()
	delete(o.inner, name)
	if v == nil {
		delete(o.fields, name)
	} else {
		o.fields[name] = v
	}
}

func (o *overlay) setInside(name string, p fieldPath, v *pb.Value) {
	in := o.inner[name]
	if in == nil {
		old := o.fields[name].GetMapValue()
		if old == nil && v == nil {
			return
		}
		in = &overlay{fields: old.GetFields()}
		if o.inner == nil {
			o.inner = map[string]*overlay{}
		}
		o.inner[name] = in
	}
	in.set(p, v)
	o.own()
	o.fields[name] = mapValue(in.fields)
}

func (o *overlay) own() {
	if o.copied {
		return
	}
	o.copied = true
	if o.fields = maps.Clone(o.fields); o.fields == nil {
		o.fields = map[string]*pb.Value{}
	}
}
