package meter

// Counts is how much of everything was billed.
type Counts struct {
	Calls          int64 `json:"calls"`   // requests that functions answered
	Reads          int64 `json:"reads"`   // of documents, as package firestore's Op counts them
	Writes         int64 `json:"writes"`  // of documents
	Deletes        int64 `json:"deletes"` // of documents
	Messages       int64 `json:"messages"`
	Deliveries     int64 `json:"deliveries"`     // of messages: a message that two functions get, or one twice, has two
	Bytes          int64 `json:"bytes"`          // published and delivered, as billed
	Tasks          int64 `json:"tasks"`          // created
	TaskOperations int64 `json:"taskOperations"` // calls to Cloud Tasks, and attempts to deliver a task
}

func (c *Counts) add(d Counts) {
	c.Calls += d.Calls
	c.Reads += d.Reads
	c.Writes += d.Writes
	c.Deletes += d.Deletes
	c.Messages += d.Messages
	c.Deliveries += d.Deliveries
	c.Bytes += d.Bytes
	c.Tasks += d.Tasks
	c.TaskOperations += d.TaskOperations
}

// item is what the same thing is counted under.
type item struct {
	function string
	what     string // a method of Firestore or Cloud Tasks, or one of the following
	of       string // collection, topic or subscription
}

// What is counted beside the methods of services.
const (
	request  = "request" // to the function
	publish  = "Publish"
	push     = "push"
	task     = "task" // that was created
	dispatch = "dispatch"
)

// account is what was counted of each item.
type account map[item]*Counts

func (a account) add(i item, c Counts) {
	have := a[i]
	if have == nil {
		have = &Counts{}
		a[i] = have
	}
	have.add(c)
}

func (a account) addAll(other account) {
	for i, c := range other {
		a.add(i, *c)
	}
}

func (a account) sum() Counts {
	var c Counts
	for _, d := range a {
		c.add(*d)
	}
	return c
}
