// See tls_renewal.hpp.
#include "actors/http/tls_renewal.hpp"

#include "config/text.hpp"
#include "platform/main_log.hpp"
#include "platform/watched_names.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

namespace troupe::actors {

using config::log_level;

namespace {

constexpr auto quiet_time = std::chrono::seconds{1}; ///< after the last change: three files are rarely one step
constexpr auto grace = std::chrono::seconds{5};      ///< a key may follow its certificate
constexpr auto between_file_looks = std::chrono::seconds{60}; ///< between looks, where the system cannot tell us

} // namespace

tls_renewal::tls_renewal(http_context& context, const config::server_options& server, std::shared_ptr<tls_desk> desk)
    : context_(context), section_(server.section), options_(*server.tls), desk_(std::move(desk)), timer_(context.io) {}

/// What has changed since the start has read the files, nobody has seen.
void tls_renewal::start() { look(); }

/// Where the system tells nothing of files.
void tls_renewal::look_where_blind() {
  bool blind = std::none_of(watched_.begin(), watched_.end(), [](const auto& w) { return w->works(); });
  if (blind && !closed_)
    look_after(between_file_looks);
}

void tls_renewal::close() {
  closed_ = true;
  watched_.clear();
  timer_.cancel();
}

/// By the names of now: a link may lead elsewhere than before.
void tls_renewal::watch() {
  std::set<std::string> names;
  for (const auto* file : {&options_.cert, &options_.key, &options_.client_ca})
    if (!file->empty())
      for (auto& name : platform::watched_names(*file))
        names.insert(std::move(name));
  decltype(watched_) fresh;
  for (const auto& name : names)
    fresh.push_back(std::make_unique<file_watch::subscription>(context_.files, name, [this] { changed(); }));
  watched_ = std::move(fresh); // not before: what both watch has not been between_file_looks in between
}

void tls_renewal::changed() {
  attempts_ = 0;
  look_after(quiet_time);
}

void tls_renewal::look() {
  attempts_ = 0;
  look_after(steady::duration{});
}

void tls_renewal::look_after(steady::duration time) {
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (cancelled || self->closed_)
      return;
    if (std::exchange(self->loading_, true)) {
      self->again_ = true;
      return;
    }
    auto ended = [self](std::exception_ptr failure) {
      self->loading_ = false;
      if (failure)
        self->context_.log.write(log_level::error, '[' + self->section_ + "] tls_cert " + self->options_.cert +
                                                     " could not be looked at");
      if (!self->closed_ && std::exchange(self->again_, false))
        self->look();
    };
    asio::co_spawn(self->context_.io, self->load(), ended);
  });
}

awaitable<void> tls_renewal::load() {
  watch(); // before the files are read, so that no change is missed
  auto read = [this] { return platform::tls_context::load(section_, options_); };
  auto loaded = co_await elsewhere(context_.work, read);
  if (closed_)
    co_return;
  look_where_blind();
  if (!loaded) {
    failed(loaded.error().what);
    co_return;
  }
  attempts_ = 0;
  auto fresh = *std::move(loaded);
  if (fresh->is_same(*desk_->now()))
    co_return;
  desk_->replace(fresh);
  context_.log.write(log_level::info, '[' + section_ +
                                        "] certificate replaced: " + config::one_line(fresh->facts().name) +
                                        ", expires " + config::certificate_date(fresh->facts().expires));
  if (context_.audit)
    context_.audit->certificate_replaced(section_, fresh->facts().name);
}

void tls_renewal::failed(const std::string& why) {
  ++attempts_;
  if (attempts_ == 1)
    return look_after(grace);
  if (attempts_ > 2)
    return;
  auto mark = '[' + section_ + "] ";
  auto reason = why.starts_with(mark) ? why.substr(mark.size()) : why;
  context_.log.write(log_level::error, mark + "tls_cert " + options_.cert + " could not be loaded: " + reason +
                                         "; the one that expires " +
                                         config::certificate_date(desk_->now()->facts().expires) + " stays in use");
}

} // namespace troupe::actors
