package meta

import (
	"encoding/json"
	"net/http"
	"time"
)

// usageHeader is where Meta tells how much of a page's or business's limits is used up.
const usageHeader = "X-Business-Use-Case-Usage"

// regainAccess is the longest pause the answer's usage header tells, which Meta gives in minutes for each use of an
// account that is over its limit; zero where it tells none. Source: Graph API rate limits, read 2026-11.
func regainAccess(header http.Header) time.Duration {
	var usage map[string]List[struct {
		Minutes Scalar `json:"estimated_time_to_regain_access"`
	}]
	if err := json.Unmarshal([]byte(header.Get(usageHeader)), &usage); err != nil {
		return 0
	}
	longest := 0
	for _, uses := range usage {
		for _, use := range uses.Items {
			if minutes, ok := use.Minutes.Int(); ok {
				longest = max(longest, minutes)
			}
		}
	}
	return time.Duration(min(longest, int(patienceMax/time.Minute))) * time.Minute
}
