// See register.hpp: the part that only judges.
#include "platform/register.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace troupe::platform {

std::string trouble_with_register(const struct stat& file, const register_header& header, std::size_t size,
                                  const register_owner& owner) {
  if (S_ISLNK(file.st_mode))
    return "is a link";
  if (!S_ISREG(file.st_mode))
    return "is no file";
  if (file.st_uid != owner.uid)
    return "belongs to another user";
  if ((file.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return "can be written by others";
  if (file.st_nlink > 1)
    return "has several names";
  if (size < sizeof header || !std::equal(std::begin(register_magic), std::end(register_magic), header.magic))
    return "is no register";
  if (header.layout != register_layout || header.slot_size != sizeof(register_slot))
    return "is of layout " + std::to_string(header.layout);
  if (file.st_size != static_cast<off_t>(sizeof(register_memory)))
    return "is cut";
  if (header.uid != owner.uid)
    return "belongs to another user";
  auto end = std::find(std::begin(header.boot_id), std::end(header.boot_id), '\0');
  if (owner.boot_id.empty() || std::string(std::begin(header.boot_id), end) != owner.boot_id)
    return "is of another boot";
  return {};
}

} // namespace troupe::platform
