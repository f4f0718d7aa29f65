// Any bytes as what strangers and files tell the gate: Authorization, cookies, request lines, patterns, networks, lines
// of the token file, the page after a sign-in. Nothing crashes, two readings of a text agree, and what is refused
// changes nothing. The first byte of an input chooses where it is cut. Must not hold expectations of single cases.
#include "config/network.hpp"
#include "protocols/access_pattern.hpp"
#include "protocols/credentials.hpp"
#include "protocols/forwarded.hpp"
#include "protocols/session_cookie.hpp"
#include "protocols/token_book.hpp"
#include "protocols/xmlrpc.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <string_view>

using namespace troupe;
using namespace troupe::protocols;

const std::vector<std::string> fragments = {
  "Basic ",
  "Bearer ",
  "dG9rZW46dHJwX2FiY2QxMjM0MDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==",
  "trp_abcd1234",
  "0000000000000000000000",
  "troupe_9001=",
  "; ",
  "GET /?token=",
  "&access_token=",
  "%74oken=x",
  "web:*",
  "!@front",
  "[a-z]*?",
  "10.0.0.0/8",
  "::ffff:1.2.3.4",
  "unix",
  "for=1.2.3.4, 10.0.0.1",
  R"({"id":"abcd1234","sha256":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff","user":"ci",)",
  R"("created":1,"by":"adm","expires":2000000000})",
  R"("networks":["loopback"],)",
  R"("revoked":true,)",
  "\n",
  "tail.html?processname=web",
  "index.html",
};

namespace {

constexpr std::int64_t now = 1'795'344'805;

/// Of no use but here: different texts, different hashes, nearly always.
digest plain_hash(std::string_view text) {
  digest made{};
  for (std::size_t i = 0; i < text.size(); ++i)
    made[i % made.size()] = static_cast<std::uint8_t>(made[i % made.size()] * 31 + text[i]);
  return made;
}

void check_authorization(std::string_view text, std::string_view other) {
  using enum proof::kind;
  const std::array both{text, other};
  require(proof_of({}).is == none, "without a header there is no proof");
  require(proof_of(both).is == broken, "two headers are no proof");
  auto shown = proof_of(std::span(both).first(1));
  require(shown.is != none, "a header is a proof, or a refusal");
  require(shown.user.find(':') == std::string::npos, "a user's name ends at the first colon");
  if (shown.is == basic) {
    auto again = "Basic " + base64_encode(shown.user + ':' + shown.secret);
    std::string_view line = again;
    auto same = proof_of(std::span(&line, 1));
    require(same.is == basic && same.user == shown.user && same.secret == shown.secret,
            "Basic is read as it is written");
  }
  if (auto token = token_of(shown.secret)) {
    require(shown.secret == "trp_" + std::string(token->id) + std::string(token->secret), "a token is its parts");
    require(token->id.size() == 8 && token->secret.size() == 22, "its parts have their lengths");
  }
}

void check_cookies(std::string_view text, std::string_view other) {
  const std::array both{text, other};
  require(!cookie_named(both, "troupe_9001"), "two headers have no cookie");
  if (auto found = cookie_named(std::span(both).first(1), "troupe_9001")) {
    require(found->empty() ||
              (found->data() >= text.data() && found->data() + found->size() <= text.data() + text.size()),
            "a cookie is a part of its header");
    require(found->find(';') == found->npos, "a cookie ends at a semicolon");
    auto twice = std::string(text) + "; troupe_9001=x";
    std::string_view line = twice;
    require(!cookie_named(std::span(&line, 1), "troupe_9001"), "two of a name are none");
  }
}

void check_request_line(std::string_view text) {
  auto blanked = without_tokens(text);
  require(without_tokens(blanked) == blanked, "what is blanked is blank");
  auto query = text.find('?');
  require(blanked.substr(0, query) == text.substr(0, query), "what is no query stays");
  auto secret = std::string(text.substr(0, text.find_first_of("?&;# "))) + "?token=TROUPE-SECRET&a";
  require(without_tokens(secret).find("TROUPE-SECRET") == std::string::npos, "a token is not in what is logged");
}

void check_pattern(std::string_view text, std::string_view name) {
  const std::vector<std::string> labels{"front"};
  const subject what{name.substr(0, name.size() / 2), name.substr(name.size() / 2), "program:web"};
  access_pattern lets{text};
  if (!text.starts_with('!') && text.size() < access_pattern::longest) {
    access_pattern out{'!' + std::string(text)};
    require(out.takes_out() && !lets.takes_out(), "! is what takes out");
    require(out.fits(what, labels) == lets.fits(what, labels), "! does not change what is named");
  }
  require(!lets.is_everything() || lets.fits(what, labels), "everything is everything");
}

void check_token_file(std::string_view text) {
  token_book book{plain_hash};
  const std::string_view one =
    R"({"id":"zzzzzzzz","sha256":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff","user":"ci",)"
    R"("created":1,"by":"adm","expires":2000000000})";
  require(static_cast<bool>(book.read(one, now)), "a line of a token file is one");
  auto before = book.text(now);
  if (auto read = book.read(text, now); !read) {
    auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    require(read.error().at.line >= 1 && read.error().at.line <= lines, "an error names a line there is");
    require(book.text(now) == before, "what cannot be read changes nothing");
    return;
  }
  auto written = book.text(now);
  token_book other{plain_hash};
  require(static_cast<bool>(other.read(written, now)), "what is written can be read");
  require(other.text(now) == written, "and says the same");
  require(!book.find(text, {}, now), "no text of a file is a token");
}

void check_forwarded(std::string_view text, std::string_view other) {
  const std::array both{text, other};
  const std::vector<config::network> proxies{*config::network_of("10.0.0.0/8"), *config::network_of("unix")};
  auto behind = behind_proxies(both, proxies);
  require(!behind.from.is_unix, "nobody comes over a unix socket by what a header says");
  require(behind.address.size() <= text.size() + other.size() + 64, "what records show is not longer than what came");
  auto last = "172.16.0.1";
  const std::array named{text, std::string_view(last)};
  require(behind_proxies(named, proxies).address == last, "the rightmost that is no proxy counts");
}

void check_page(std::string_view text) {
  auto page = page_after_sign_in(text);
  bool ours = page.starts_with("index.html") || page.starts_with("tail.html?") || page.starts_with("account.html");
  require(ours, "what follows a sign-in is a page of ours");
  require(std::none_of(page.begin(), page.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; }),
          "it is fit for a header");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  std::string_view all{reinterpret_cast<const char*>(data) + 1, size - 1};
  auto cut = std::min<std::size_t>(all.size(), data[0]);
  auto first = all.substr(0, cut), rest = all.substr(cut);
  check_authorization(rest, first);
  check_cookies(rest, first);
  check_request_line(rest);
  check_pattern(rest, first);
  check_token_file(rest);
  check_page(rest);
  check_forwarded(rest, first);
  if (auto network = config::network_of(rest))
    require(network->holds({.is_unix = true, .ip = {}}) == (network->is == config::network::kind::unix_sockets),
            "a unix socket has no address");
  return 0;
}
