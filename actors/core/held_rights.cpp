// See held_rights.hpp.
#include "actors/core/held_rights.hpp"

#include <utility>

namespace troupe::actors {

using protocols::subject;

held_rights::held_rights(protocols::access_rules_ptr rules, protocols::standing who)
    : rules_(std::move(rules)), who_(std::move(who)), daemon_(rules_->daemon_rights(who_)),
      anywhere_(rules_->anywhere(who_)), everywhere_(rules_->everywhere(who_)),
      unlimited_(protocols::has(daemon_, config::right::admin)) {}

bool held_rights::may_call(std::string_view method) const { return unlimited_ || rules_->may_call(who_, method); }

protocols::mask held_rights::over(const subject& what) const {
  return unlimited_ ? everything : rules_->mask_of(who_, what);
}

protocols::mask held_rights::over(std::string_view group, const config::process_options& process) const {
  return over(subject{group, process.name.view(), process.section.view()});
}

protocols::mask held_rights::over(const config::group_options& group) const {
  std::string_view kinds[] = {"program:", "group:", "eventlistener:", "fcgi-program:"};
  auto section = std::string(kinds[static_cast<std::size_t>(group.kind)]).append(group.name.view());
  return over(subject{group.name.view(), {}, section});
}

protocols::verdict member_choice::judge(std::string_view group, const config::process_options& process) const {
  auto held_over = held->over(group, process);
  return needed == config::right::signal ? protocols::decide_signal(held_over, signal)
                                         : protocols::decide(held_over, needed);
}

protocols::rpc_fault not_permitted(std::string_view user, std::string_view right, std::string_view target) {
  std::string text;
  text.reserve(user.size() + right.size() + target.size() + 16);
  ((text += user) += " may not ") += right;
  if (!target.empty())
    (text += ' ') += target;
  return protocols::make_fault(protocols::fault::not_permitted, text);
}

} // namespace troupe::actors
