// See probe_run.hpp.
#include "actors/io/probe_run.hpp"

#include "actors/core/restart_policy.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <utility>

namespace troupe::actors {

probe::probe(std::shared_ptr<probe_run> run) : run_(std::move(run)) {}

probe::~probe() { run_->drop(); }

probe_run::probe_run(probe_means_ptr means, probe_order order, probe_told told)
    : means_(std::move(means)), order_(std::move(order)), told_(std::move(told)), deadline_(means_->io) {}

void probe_run::start() {
  boost::asio::post(means_->io, contained([this] {
                      deadline_.expires_after(order_.timeout);
                      deadline_.async_wait(contained([this](const boost::system::error_code& failed) {
                        if (!failed)
                          fail("no answer within " + seconds_text(order_.timeout));
                      }));
                      look();
                    }));
}

void probe_run::drop() noexcept {
  if (!std::exchange(told_, nullptr))
    return;
  deadline_.cancel();
  let_go();
}

void probe_run::answer(probe_result result) {
  auto told = std::exchange(told_, nullptr);
  if (!told)
    return;
  deadline_.cancel();
  conclude(result);
  let_go();
  told(std::move(result));
}

} // namespace troupe::actors
