// The text of echo_supervisord_conf: every section and option of the schema with its default.
// Must not hold option names or defaults of its own (schema.cpp does). Source: docs/contract/configuration.md, 10.
#pragma once

#include <string>

namespace troupe::config {

std::string sample_configuration();

} // namespace troupe::config
