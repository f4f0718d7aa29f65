// See gzip.hpp.
#include "platform/gzip.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace troupe::platform {

namespace {

constexpr std::size_t chunk_size = 65536;

struct gz_close {
  void operator()(gzFile file) const { ::gzclose(file); }
};
using gz_file = std::unique_ptr<gzFile_s, gz_close>;

/// On a copy of `fd`, as zlib closes what it works on.
gz_file write_gzip(int fd) {
  int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0)
    return {};
  gz_file file{::gzdopen(copy, "wb")};
  if (!file) {
    ::close(copy);
    errno = ENOMEM;
  }
  return file;
}

ssize_t read_at(int fd, std::vector<char>& chunk, std::int64_t offset) {
  ssize_t n = 0;
  do {
    n = ::pread(fd, chunk.data(), chunk.size(), offset);
  } while (n < 0 && errno == EINTR);
  return n;
}

/// Reads a gzip file of one member. Not with gzread(3), which takes a file without its check sum for whole.
class unpacker {
public:
  explicit unpacker(int fd) : fd_(fd) { good_ = ::inflateInit2(&stream_, gzip_format) == Z_OK; }
  ~unpacker() { ::inflateEnd(&stream_); }
  unpacker(const unpacker&) = delete;
  unpacker& operator=(const unpacker&) = delete;

  /// The next chunk_size bytes, fewer at the end; none: this is no whole gzip file.
  std::optional<std::string_view> next() {
    stream_.next_out = reinterpret_cast<Bytef*>(text_.data());
    stream_.avail_out = static_cast<uInt>(text_.size());
    while (good_ && !ended_ && stream_.avail_out > 0) {
      if (stream_.avail_in == 0 && !refill())
        return {};
      auto result = ::inflate(&stream_, Z_NO_FLUSH);
      ended_ = result == Z_STREAM_END;
      good_ = ended_ || result == Z_OK;
    }
    if (!good_)
      return {};
    return std::string_view(text_.data(), text_.size() - stream_.avail_out);
  }

private:
  bool refill() {
    auto n = read_at(fd_, input_, offset_);
    if (n <= 0)
      return false;
    offset_ += n;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(n);
    return true;
  }

  static constexpr int gzip_format = 15 + 16; ///< the largest window, as gzip
  int fd_;
  std::int64_t offset_ = 0;
  std::vector<char> input_ = std::vector<char>(chunk_size);
  std::vector<char> text_ = std::vector<char>(chunk_size);
  z_stream stream_{};
  bool good_ = false;
  bool ended_ = false;
};

int error_or(int fallback) { return errno != 0 ? errno : fallback; }

} // namespace

struct gzip_packing::impl {
  int from;
  gz_file out;
  int error = 0; ///< of the beginning
  std::vector<char> chunk = std::vector<char>(chunk_size);
  std::int64_t done = 0;

  int finish() {
    errno = 0;
    if (::gzclose(out.release()) != Z_OK)
      return error_or(EIO);
    struct stat info {};
    return ::fstat(from, &info) == 0 && info.st_size == done ? 0 : EAGAIN;
  }
};

gzip_packing::gzip_packing(int from, int to) : impl_(new impl{from, write_gzip(to)}) {
  if (!impl_->out)
    impl_->error = errno;
}
gzip_packing::~gzip_packing() = default;
gzip_packing::gzip_packing(gzip_packing&&) noexcept = default;

std::optional<int> gzip_packing::go_on(const pause_wanted& pause) {
  auto& my = *impl_;
  if (my.error != 0)
    return my.error;
  while (!pause()) {
    auto n = read_at(my.from, my.chunk, my.done);
    if (n < 0)
      return errno;
    if (n == 0)
      return my.finish();
    errno = 0;
    if (::gzwrite(my.out.get(), my.chunk.data(), static_cast<unsigned>(n)) != n)
      return error_or(EIO);
    my.done += n;
  }
  return {};
}

struct gzip_comparison::impl {
  impl(int compressed, int p) : in(compressed), plain(p) {}
  unpacker in;
  int plain;
  std::vector<char> expected = std::vector<char>(chunk_size);
  std::int64_t done = 0;
};

gzip_comparison::gzip_comparison(int compressed, int plain) : impl_(std::make_unique<impl>(compressed, plain)) {}
gzip_comparison::~gzip_comparison() = default;
gzip_comparison::gzip_comparison(gzip_comparison&&) noexcept = default;

std::optional<bool> gzip_comparison::go_on(const pause_wanted& pause) {
  auto& my = *impl_;
  while (!pause()) {
    auto text = my.in.next();
    auto n = read_at(my.plain, my.expected, my.done);
    if (!text || n < 0 || !std::equal(text->begin(), text->end(), my.expected.begin(), my.expected.begin() + n))
      return false;
    if (n == 0)
      return true;
    my.done += n;
  }
  return {};
}

} // namespace troupe::platform
