// Names that somebody else may change while we look: a path is walked component by component, and what it leads to is
// held by a descriptor of its folder. The one rule of which links are followed is here, and nothing else opens, makes,
// renames or removes by path what a child, a folder's owner or a group could swap.
// Must not know what the files are for. Source: docs/logs.md, "Links". Cases: tests/platform/safe_path_test.cpp.
#pragma once

#include "platform/unique_fd.hpp"

#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

namespace troupe::platform {

struct link_facts {
  uid_t owner = 0;
  nlink_t names = 1;            ///< of the link itself
  bool among_strangers = false; ///< its folder is one that strangers may write
};

/// The rule. A link of root's or our own is followed, and any other where it leads to what is its owner's, who then
/// gains nothing. Where strangers could have given it a second name, it must have but one.
bool may_follow(const link_facts& link, uid_t target_owner, uid_t own);

/// Whether users other than root and this process's may write a folder.
bool strangers_may_write(const struct stat& folder);

struct place {
  struct condition {
    link_facts link;
    std::string path; ///< of the link
  };
  unique_fd folder;                  ///< only held (folder_flags); empty: `error`
  std::string name;                  ///< in it, without slashes; "." for a path that ends in a folder
  int error = 0;                     ///< errno; ELOOP also where a link is not followed
  std::string refusal;               ///< then: which, and whose it is
  bool through_link = false;         ///< the last component was one
  bool is_magic = false;             ///< `name` is a link of procfs to something that is open, /proc/self/fd/1, say
  bool is_steady = false;            ///< no stranger can make the path lead to another folder (keep only)
  std::vector<condition> conditions; ///< links on the way that may only lead to what is their owner's
};

enum class last_link { keep, follow };

/// Where `path` leads. What is there, and whether there is anything, only open_place() knows.
place find_place(const std::string& path, last_link how);
/// Of a folder; `name` is ".".
place find_folder(const std::string& path);

/// openat(2) of what find_place() found, by the rule; close-on-exec, without a controlling terminal and without
/// blocking. -1 and errno; ELOOP: a link has taken the name, or one that is not followed led here; EMLINK: a file with
/// several names, where strangers may give them. `refusal`: which and whose. Stdin, stdout and stderr that cannot be
/// opened anew, or are files, are duplicated: the offset is shared with all who write there.
int open_place(const place& at, int flags, mode_t mode, std::string& refusal);

/// By the same rule, without opening it: 0 and what is there, or errno.
int look_at_place(const place& at, struct stat& info, std::string& refusal);

/// find_place() and that one.
int look_at_path(const std::string& path, struct stat& info, std::string& refusal);

/// Both find_place() and open_place(). Without links on the way that is one system call more than open(2).
int open_path(const std::string& path, int flags, mode_t mode, std::string& refusal);

} // namespace troupe::platform
