// What one caller may do, as plain data that any thread may keep for as long as his request lasts: his layers of roles
// and the rules they were looked up in. Must not know how he proved who he is (actors/http/gate.hpp does), nor decide
// by itself (protocols/access.hpp does). Source: docs/contract/access.md, 2.
#pragma once

#include "config/access_rights.hpp"
#include "config/options.hpp"
#include "protocols/access.hpp"
#include "protocols/faults.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace troupe::actors {

class held_rights {
public:
  static constexpr protocols::mask everything{config::every_right, ~std::uint64_t{}};

  held_rights() = default; ///< everything: access control is off, or whoever asks is no caller of it
  held_rights(protocols::access_rules_ptr rules, protocols::standing who);

  bool unlimited() const { return unlimited_; } ///< everything, now and in later versions
  bool may(config::right daemon_right) const { return protocols::has(daemon_, daemon_right); }
  bool may_call(std::string_view method_of_an_extension) const;
  const protocols::mask& anywhere() const { return anywhere_; }     ///< over some program, whether there is one or not
  const protocols::mask& everywhere() const { return everywhere_; } ///< over all of them, those of tomorrow, too
  protocols::mask over(const protocols::subject& what) const;
  /// Null, and without meaning, where everything is held because nothing is asked.
  const protocols::access_rules_ptr& rules() const { return rules_; }
  const protocols::standing& standing() const { return who_; }
  protocols::mask over(std::string_view group, const config::process_options& process) const;
  protocols::mask over(const config::group_options& without_processes) const;

private:
  protocols::access_rules_ptr rules_;
  protocols::standing who_;
  config::right_bits daemon_ = config::every_right;
  protocols::mask anywhere_ = everything;
  protocols::mask everywhere_ = everything;
  bool unlimited_ = true;
};
using held_rights_ptr = std::shared_ptr<const held_rights>;

/// Whom a request is for, of those that it names: the members that its caller may do this to. Whoever owns the
/// processes asks again when he picks them, so that a name that has changed hands is judged as what it is then.
struct member_choice {
  held_rights_ptr held;
  config::right needed = config::right::status;
  int signal = 0;   ///< of right::signal
  std::string user; ///< as faults name him

  protocols::verdict judge(std::string_view group, const config::process_options& process) const;
};
using member_choice_ptr = std::shared_ptr<const member_choice>;

/// `USER may not RIGHT TARGET`, as the fault of a request. `target`: as the caller wrote it; empty: none.
protocols::rpc_fault not_permitted(std::string_view user, std::string_view right, std::string_view target);

} // namespace troupe::actors
