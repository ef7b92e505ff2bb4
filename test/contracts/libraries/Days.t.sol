// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Days} from "../../../contracts/libraries/Days.sol";
import {daysOf, naiveYearOf} from "../support/NaiveDays.sol";

/// @notice The year of a day against a count year by year.
contract DaysTest {
    /// @dev To the year 9999.
    function testFuzz_yearOf_isTheOneThatIsCounted(uint256 day) external pure {
        day %= 2_932_897;
        assert(Days.yearOf(day) == naiveYearOf(day));
    }

    /// @dev Over three leap rules: every fourth year, none of a century, each of four centuries.
    function test_yearOf_changesOnNewYearsDay() external pure {
        uint256 day = 0;
        for (uint256 year = 1970; year < 2410; ++year) {
            assert(Days.yearOf(day) == year);
            day += daysOf(year);
            assert(Days.yearOf(day - 1) == year);
        }
    }
}
