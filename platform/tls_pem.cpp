// See tls_pem.hpp.
#include "platform/tls_pem.hpp"

#include "platform/unique_fd.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

bio_ptr in_memory(std::string_view text) {
  return bio_ptr{openssl().BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// In place of OpenSSL's own, which asks the terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

} // namespace

config::result<std::string> read_pem_file(const std::string& path) {
  constexpr std::size_t most = 1 << 20;
  auto failed = [] { return config::fault(std::strerror(errno)); };
  unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  struct stat file {};
  if (!fd || ::fstat(fd.get(), &file) != 0)
    return failed();
  if (S_ISDIR(file.st_mode))
    return config::fault(std::strerror(EISDIR));
  if (!S_ISREG(file.st_mode))
    return config::fault("it is no regular file");
  std::string text(most + 1, '\0'); // at once: a string that grows leaves copies of a key behind
  std::size_t size = 0;
  while (size < text.size()) {
    auto count = ::read(fd.get(), text.data() + size, text.size() - size);
    if (count == 0)
      break;
    if (count < 0 && errno != EINTR)
      return failed();
    size += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  if (size > most)
    return config::fault("it is larger than 1 MiB");
  text.resize(size);
  return text;
}

std::vector<x509_ptr> certificates_in(std::string_view pem) {
  std::vector<x509_ptr> all;
  auto bio = in_memory(pem);
  bool asked = false;
  while (auto* one = openssl().PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, &asked))
    all.emplace_back(one);
  openssl().ERR_clear_error(); // that there are no more
  return all;
}

private_key private_key_in(std::string_view pem) {
  private_key found;
  auto bio = in_memory(pem);
  found.key.reset(openssl().PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &found.asked));
  return found;
}

void wipe(std::string& secret) {
  openssl().OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

bool use(SSL_CTX& context, const std::vector<x509_ptr>& chain, EVP_PKEY& key) {
  constexpr long counted_again = 1; // SSL_CTX_add1_chain_cert
  const auto& o = openssl();
  if (o.SSL_CTX_use_certificate(&context, chain.front().get()) != 1 || o.SSL_CTX_use_PrivateKey(&context, &key) != 1)
    return false;
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (o.SSL_CTX_ctrl(&context, SSL_CTRL_CHAIN_CERT, counted_again, chain[i].get()) != 1)
      return false;
  return true;
}

} // namespace troupe::platform
