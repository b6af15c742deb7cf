/** A certificate for `shop-new.localhost` that signed itself, and its key, for servers in tests; worth nothing. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBsDCCAVagAwIBAgIUFVhPVsKc22q438TPedL9QBVlj70wCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSc2hvcC1uZXcubG9jYWxob3N0MCAXDTI2MTEyODA3NDY1NFoY
DzIxMjYxMTA0MDc0NjU0WjAdMRswGQYDVQQDDBJzaG9wLW5ldy5sb2NhbGhvc3Qw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ0Yat9YuZtjBGT5KE5+e5GHkdfCCMS
rBwQRgx4kEm//l2b68RRQd/7p/0tt1JFbiS8Xn7T8ZBnezCrM2XRDKako3IwcDAd
BgNVHQ4EFgQUnNZrdzKRq/9g/b3ntgNU5F+uFdYwHwYDVR0jBBgwFoAUnNZrdzKR
q/9g/b3ntgNU5F+uFdYwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHREEFjAUghJzaG9w
LW5ldy5sb2NhbGhvc3QwCgYIKoZIzj0EAwIDSAAwRQIgJDNQExo+gjdjY1jTb8z0
e8LrLZAMzsLkvmrUNsASMEgCIQDUbHyhtry2wngX8o1kTP+VTu5OWZhgvanrVssT
7wiXIg==
-----END CERTIFICATE-----
`;

export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghtglWJ6hMXq/nXNV
kmbqHywUbEQuteMZrfxxSDPTAYihRANCAAQ0Yat9YuZtjBGT5KE5+e5GHkdfCCMS
rBwQRgx4kEm//l2b68RRQd/7p/0tt1JFbiS8Xn7T8ZBnezCrM2XRDKak
-----END PRIVATE KEY-----
`;
