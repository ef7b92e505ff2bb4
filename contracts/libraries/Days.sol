// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Days
/// @notice Days since 1970-01-01, as years of the Gregorian calendar.
library Days {
    /// @notice The year in which a day lies.
    /// @dev Counts from 0000-03-01, so that a leap day ends its year; Hinnant, "chrono-compatible low-level date
    /// algorithms", civil_from_days.
    function yearOf(uint256 day) internal pure returns (uint256 year) {
        uint256 z = day + 719_468;
        uint256 dayOfEra = z % 146_097;
        uint256 yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        year = (z / 146_097) * 400 + yearOfEra;
        // from the 306th day after the first of March on it is January
        if (dayOfYear >= 306) ++year;
    }
}
