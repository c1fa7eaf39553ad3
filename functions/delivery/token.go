package delivery

import "github.com/deskline/deskline/shared/channel"

// codeToken is the problem of a channel that does not take the access token.
const codeToken = "channel_token"

// withToken does something with the first of an asset's access tokens that the channel takes: it has two while one replaces
// the other. A channel that refuses the token has certainly done nothing, so trying the next sends nothing twice; any
// other error ends it.
func withToken(tokens []string, do func(token string) error) (err error) {
	for _, token := range tokens {
		err = do(token)
		if refused, ok := channel.NotTaken(err); !ok || refused.Problem.Code != codeToken {
			return err
		}
	}
	return err
}
