package desk

// Detail is what a message consists of beside its words. What a message has not is zero.
type Detail struct {
	Forwarded   bool
	Attachments []Attachment
	Location    Location
	Cards       []Card    // contacts the customer shared
	Choice      Selection // what he chose from buttons, a list or a menu
	Form        []Answer  // what he answered
	Order       Order
	Product     Product  // what his message is about
	Referral    Referral // the link, advertisement or post he came by
}

// Attachment is a file, as a reference: the channel keeps the file itself, WhatsApp for 7 days from the message, Messenger
// without saying how long (Meta's media references, read 2026-11).
type Attachment struct {
	Kind     MessageKind // image, video, audio, document or sticker
	MediaID  string      // the channel's ID of the file, to be fetched with the asset's token
	URL      string      // where the channel has it, where it says so
	MimeType string
	SHA256   string // as the channel tells it
	Name     string // file name
	Voice    bool   // recorded as a voice message
	Animated bool
}

// Location is a place on the map; the coordinates are decimal degrees.
type Location struct {
	Latitude  string
	Longitude string
	Name      string
	Address   string
	URL       string
}

// Card is somebody's contact data.
type Card struct {
	Name   string
	Phones []string
	Emails []string
}

// Selection is what the customer chose.
type Selection struct {
	ID          string // what the business put behind the button or row
	Title       string
	Description string
}

// Answer is one field of an answered form.
type Answer struct {
	Name  string
	Value string
}

// Order is a cart the customer sent.
type Order struct {
	Catalog string
	Items   []OrderItem
}

// OrderItem is one line of a cart. Quantity and price are as the channel tells them.
type OrderItem struct {
	Product  string
	Quantity string
	Price    string
	Currency string
}

// Product is an article of a catalogue.
type Product struct {
	Catalog string
	ID      string
}

// Referral is how the customer came to the conversation.
type Referral struct {
	Source   string // what he came by, in lower case, such as "ad", "post" or "shortlink"
	Ref      string // what the business put behind its link
	ID       string // the channel's ID of the advertisement or post
	URL      string
	Headline string
	Body     string
	Click    string // the channel's ID of the click
}
