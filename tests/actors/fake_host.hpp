// Moved: see tests/config/fake_host.hpp. Must not grow.
#pragma once

#include "tests/config/fake_host.hpp"
