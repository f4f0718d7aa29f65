// See parcel.hpp.
#include "protocols/parcel.hpp"

#include <boost/endian/conversion.hpp>

#include <array>
#include <cstring>

namespace troupe::protocols {

using parcel_detail::piece;

namespace {

constexpr std::string_view magic{"TROUPE\0P", 8};
constexpr std::size_t header_size = magic.size() + 2 + 2 + 4 + 4;
constexpr std::size_t piece_head = 2 + 2 + 4;

template <class Text, class Number>
void append(Text& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return static_cast<Number>(value);
}

/// What a byte does to a CRC-32C with 0 to 7 bytes behind it in the step.
constexpr auto castagnoli = [] {
  constexpr std::uint32_t polynomial = 0x82F63B78; // reflected
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto& value = tables[0][byte] = byte;
    for (int bit = 0; bit < 8; ++bit)
      value = value >> 1 ^ (value & 1 ? polynomial : 0);
  }
  for (std::size_t i = 1; i < tables.size(); ++i)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[i][byte] = tables[i - 1][byte] >> 8 ^ tables[0][tables[i - 1][byte] & 0xFF];
  return tables;
}();

/// Eight bytes at a step: one at a time, as boost/crc.hpp does it, was a tenth of a resume.
std::uint32_t checksum(std::string_view bytes) {
  auto crc = ~std::uint32_t{0};
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    auto step = boost::endian::load_little_u64(reinterpret_cast<const unsigned char*>(bytes.data())) ^ crc;
    auto of = [&](std::size_t i) { return castagnoli[7 - i][step >> (8 * i) & 0xFF]; };
    crc = of(0) ^ of(1) ^ of(2) ^ of(3) ^ of(4) ^ of(5) ^ of(6) ^ of(7);
  }
  for (char byte : bytes)
    crc = crc >> 8 ^ castagnoli[0][(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return ~crc;
}

} // namespace

platform::wiping_string parcel_of(std::string_view records) {
  if (records.size() > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error("a parcel of more than 4 GiB");
  platform::wiping_string file;
  file.reserve(header_size + records.size());
  file += magic;
  append(file, parcel_format);
  append(file, least_parcel_format);
  append(file, static_cast<std::uint32_t>(records.size()));
  append(file, checksum(records));
  file += records;
  return file;
}

config::result<std::string_view> records_of_parcel(std::string_view file) {
  if (file.size() < header_size || !file.starts_with(magic))
    return config::fault("this is no parcel");
  auto format = number_at<std::uint16_t>(file, magic.size());
  auto least = number_at<std::uint16_t>(file, magic.size() + 2);
  if (least > parcel_format || format < least_parcel_format)
    return config::fault("a parcel of format " + std::to_string(format) + ", of which formats " +
                         std::to_string(least_parcel_format) + " to " + std::to_string(parcel_format) +
                         " are understood");
  auto records = file.substr(header_size);
  if (records.size() != number_at<std::uint32_t>(file, magic.size() + 4))
    return config::fault("a parcel that is cut");
  if (checksum(records) != number_at<std::uint32_t>(file, magic.size() + 8))
    return config::fault("a parcel that is damaged");
  return records;
}

std::optional<piece> parcel_detail::take_piece(std::string_view& rest) {
  if (rest.size() < piece_head)
    return {};
  auto size = number_at<std::uint32_t>(rest, 4);
  if (size > rest.size() - piece_head)
    return {};
  piece found{number_at<std::uint16_t>(rest, 0), (number_at<std::uint16_t>(rest, 2) & needed_flag) != 0,
              rest.substr(piece_head, size)};
  rest.remove_prefix(piece_head + size);
  return found;
}

// -- writing -------------------------------------------------------------------------------------

std::size_t parcel_writer::begin(std::uint16_t tag, std::uint16_t flags) {
  append(out_, tag);
  append(out_, flags);
  append(out_, std::uint32_t{0});
  return out_.size();
}

void parcel_writer::end(std::size_t record) {
  auto size = out_.size() - record;
  if (size > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error("a record of more than 4 GiB");
  std::string length;
  append(length, static_cast<std::uint32_t>(size));
  out_.replace(record - length.size(), length.size(), length);
}

void parcel_writer::put_number(std::int64_t value) { append(out_, value); }

// -- reading -------------------------------------------------------------------------------------

std::optional<std::string_view> parcel_reader::find(std::uint16_t tag) {
  if (tag < most_tags)
    asked_.set(tag);
  for (int pass = 0; pass < 2; ++pass) {
    while (!rest_.empty()) {
      auto next = parcel_detail::take_piece(rest_);
      if (!next) {
        fail("a record that is cut");
        rest_ = {};
        return {};
      }
      if (next->tag == tag)
        return next->bytes;
    }
    rest_ = all_; // not in the usual order
  }
  return {};
}

void parcel_reader::end() {
  for (auto rest = all_; !rest.empty();) {
    auto next = parcel_detail::take_piece(rest);
    if (!next)
      return fail("a record that is cut");
    if (next->needed && (next->tag >= most_tags || !asked_[next->tag]))
      return fail("a record with the tag " + std::to_string(next->tag) + ", which is needed and not known here");
  }
}

std::int64_t parcel_reader::number_in(std::string_view from) {
  if (from.size() == sizeof(std::int64_t))
    return number_at<std::int64_t>(from, 0);
  fail("a number of another size");
  return 0;
}

void parcel_reader::fail(const std::string& why) {
  if (in_.trouble.empty())
    in_.trouble = why;
}

} // namespace troupe::protocols
