// See token_file.hpp.
#include "actors/http/token_file.hpp"

#include "platform/digest.hpp"
#include "platform/openssl.hpp"
#include "platform/token_store.hpp"

#include <ctime>

namespace troupe::actors {

using protocols::token_book;

config::result<token_book> read_tokens(const std::string& path) {
  token_book book{platform::sha256};
  if (path.empty())
    return book;
  if (!platform::libcrypto())
    return config::fault("[access] token_file needs libcrypto of OpenSSL 3, which is not there");
  auto text = platform::read_token_file(path);
  if (!text)
    return config::fault("[access] cannot read token_file " + path + ": " + text.error().what);
  if (auto read = book.read(*text, static_cast<std::int64_t>(std::time(nullptr))); !read)
    return config::error{{path, read.error().at.line}, "[access] token_file: " + read.error().what};
  return book;
}

} // namespace troupe::actors
