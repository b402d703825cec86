#include "compiler/cmake/Pch.h"
