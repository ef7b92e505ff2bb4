// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParties} from "../../../contracts/access/IParties.sol";
import {Built} from "../support/Built.sol";
import {VM} from "../support/Vm.sol";

/// @notice The register against a naive one that keeps lists instead of words.
contract PartiesTest {
    struct Grant {
        bool revoke;
        uint8 kind;
        uint40 from;
        uint40 length;
    }

    struct Binding {
        uint8 account;
        uint8 key;
        uint40 from;
        uint40 length;
        uint40 shortenBy;
    }

    IParties private _parties;

    mapping(uint256 kind => bool) private _held;
    mapping(uint256 kind => uint256) private _from;
    mapping(uint256 kind => uint256) private _until;

    mapping(uint256 key => uint256 account) private _boundTo;

    function setUp() external {
        _parties = IParties(Built.deploy("Parties", abi.encode(Built.manager())));
    }

    function testFuzz_licences_areTheIntersectionOfWhatIsHeld(Grant[12] memory grants, uint16 kinds) external {
        address account = _register(address(uint160(0xa11ce)), kinds);
        for (uint256 i = 0; i < grants.length; ++i) _apply(account, grants[i]);

        uint256 word = _parties.standing(account);
        uint256 from = 0;
        uint256 until = type(uint256).max;
        for (uint256 kind = 0; kind < 64; ++kind) {
            assert(((word >> (88 + kind)) & 1 != 0) == _held[kind]);
            if (!_held[kind]) continue;
            if (_from[kind] > from) from = _from[kind];
            if (_until[kind] < until) until = _until[kind];
        }
        assert(uint40(word >> 192) == from);
        assert(uint40(word >> 152) == (until == type(uint256).max ? 0 : until));
        assert(uint8(word >> 248) == 1);
        assert(uint16(word >> 232) == kinds);
        assert(uint88(word) == 0);
    }

    /// @dev Few accounts and keys, so that most sequences try to bind one twice or to somebody else's own id.
    function testFuzz_credentials_tellWhoseKeyItIsAndWhen(Binding[6] memory bindings) external {
        for (uint256 account = 1; account < 4; ++account) _register(address(uint160(account)), 1);
        for (uint256 i = 0; i < bindings.length; ++i) _bind(bindings[i]);

        IParties.Signatory[] memory all = new IParties.Signatory[](4 * 6);
        for (uint256 i = 0; i < all.length; ++i) {
            all[i] = IParties.Signatory(address(uint160(i / 6)), bytes32(i % 6));
        }
        uint256[] memory words = _parties.credentials(all);
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 account = i / 6;
            uint256 key = i % 6;
            bool ownUndated = account == key && _boundTo[key] == 0;
            bool bound = account != 0 && (_boundTo[key] == account || ownUndated);
            assert(words[i] >> 88 == _parties.standing(all[i].account) >> 88);
            assert((words[i] >> 80) & 0xff == (bound ? 1 : 0));
            if (!bound) assert(uint80(words[i]) == 0);
            else if (ownUndated) assert(uint80(words[i]) == type(uint40).max);
            else assert(uint80(words[i]) == uint80((_from[key] << 40) | _until[key]));
        }
        _checkRepeats(all, words, uint256(keccak256(abi.encode(bindings))));
        _checkAccountOf();
    }

    function _apply(address account, Grant memory g) private {
        uint16 kind = 1 + (g.kind % 6);
        if (g.revoke && _held[kind]) {
            _parties.revokeLicence(account, kind, 0);
            _held[kind] = false;
        } else if (!g.revoke) {
            (uint40 from, uint40 until) = _period(g.from, g.length);
            _parties.grantLicence(account, kind, from, until, 0, 0);
            (_held[kind], _from[kind], _until[kind]) = (true, from, until);
        }
    }

    function _bind(Binding memory b) private {
        uint256 account = 1 + (b.account % 3);
        uint256 key = 1 + (b.key % 5);
        (uint40 from, uint40 until) = _period(b.from, b.length);
        bool free = _boundTo[key] == 0 && (key == account || key > 3);
        try _parties.bindKey(address(uint160(account)), bytes32(key), from, until) {
            assert(free);
        } catch {
            assert(!free);
            return;
        }
        (_boundTo[key], _from[key], _until[key]) = (account, from, until);
        if (b.shortenBy % 2 == 0) return;
        uint40 sooner = uint40(until - 1 - (b.shortenBy % until));
        _parties.closeKey(bytes32(key), sooner);
        _until[key] = sooner;
    }

    /// @dev The same signatories in any order and more than once, half of them with bits above the account, which no ABI
    /// coder sends.
    function _checkRepeats(IParties.Signatory[] memory all, uint256[] memory words, uint256 seed) private view {
        bytes memory call = abi.encodePacked(IParties.credentials.selector, uint256(0x20), uint256(16));
        bytes memory expected = abi.encode(uint256(0x20), uint256(16));
        uint256[16] memory picks;
        for (uint256 i = 0; i < 16; ++i) {
            uint256 drawn = uint256(keccak256(abi.encode(seed, i)));
            picks[i] = i > 1 && drawn % 2 == 0 ? picks[i - 2] : (drawn >> 8) % all.length;
            uint256 above = drawn & 2 == 0 ? 0 : drawn << 160;
            call = abi.encodePacked(call, above | uint160(all[picks[i]].account), all[picks[i]].keyId);
            expected = abi.encodePacked(expected, words[picks[i]]);
        }
        (bool ok, bytes memory answer) = address(_parties).staticcall(call);
        assert(ok && keccak256(answer) == keccak256(expected));
    }

    function _checkAccountOf() private {
        for (uint256 key = 1; key < 6; ++key) {
            VM.warp(_from[key] == 0 ? 1 : _from[key]);
            bool valid = _boundTo[key] == 0 ? key < 4 : block.timestamp >= _from[key] && block.timestamp < _until[key];
            uint256 account = _boundTo[key] == 0 ? key : _boundTo[key];
            assert(_parties.accountOf(address(uint160(key))) == address(uint160(valid ? account : 0)));
        }
    }

    function _register(address account, uint16 kinds) private returns (address) {
        IParties.Registration[] memory one = new IParties.Registration[](1);
        one[0] = IParties.Registration(account, kinds, 0, address(0), 0, address(0));
        _parties.register(one);
        return account;
    }

    function _period(uint40 from, uint40 length) private pure returns (uint40, uint40) {
        from = from / 2;
        return (from, from + 1 + length / 4);
    }
}
