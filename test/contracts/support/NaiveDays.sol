// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The year of a day since 1970-01-01, counted year by year.
function naiveYearOf(uint256 day) pure returns (uint256 year) {
    for (year = 1970; day >= daysOf(year); ++year) day -= daysOf(year);
}

function daysOf(uint256 year) pure returns (uint256) {
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return leap ? 366 : 365;
}
