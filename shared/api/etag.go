package api

import "strconv"

// ETagged is an answer that has an entity tag: its route sets the header.
type ETagged interface{ ETag() string }

// ETag implements ETagged: a contact's names the profile, which agents change, and not the record.
func (c Contact) ETag() string { return strconv.Quote(c.Tag) }

// ETag is the entity tag of a version.
func ETag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

// ETag implements ETagged.
func (r ClientRecord) ETag() string { return ETag(r.Version) }

// ETag implements ETagged.
func (r ProjectRecord) ETag() string { return ETag(r.Version) }

// ETag implements ETagged.
func (r TeamRecord) ETag() string { return ETag(r.Version) }

// ETag implements ETagged.
func (r QueueRecord) ETag() string { return ETag(r.Version) }

// ETag implements ETagged.
func (r AssetRecord) ETag() string { return ETag(r.Version) }

// ETag implements ETagged.
func (r AgentRecord) ETag() string { return ETag(r.Version) }

// ETag implements ETagged.
func (r ReasonRecord) ETag() string { return ETag(r.Version) }

// ETag implements ETagged.
func (r TemplateRecord) ETag() string { return ETag(r.Version) }

// ETag implements ETagged.
func (r SettingsRecord) ETag() string { return ETag(r.Version) }
